export const DOCS_PATH = '/docs';
export const OPENAPI_PATH = '/openapi.json';

/** Returns whether a route belongs to Swagger UI: its page, its assets, or the OpenAPI document that it loads. */
export function isPage(route: string): boolean {
  return route === OPENAPI_PATH || route === DOCS_PATH || route.startsWith(`${DOCS_PATH}/`);
}
