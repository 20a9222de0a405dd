export const DOCS_PATH = '/docs';
export const OPENAPI_PATH = '/openapi.json';

/** Returns whether a route serves Swagger UI, not data: its page, its assets and the document it loads. */
export function isPage(route: string): boolean {
  return route === OPENAPI_PATH || route === DOCS_PATH || route.startsWith(`${DOCS_PATH}/`);
}
