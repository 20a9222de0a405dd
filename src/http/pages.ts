export const DOCS_PATH = '/docs';
export const OPENAPI_PATH = '/openapi.json';

/** Whether a route is one of those that Swagger UI adds. */
export function isDocs(route: string): boolean {
  return route === OPENAPI_PATH || route === DOCS_PATH || route.startsWith(`${DOCS_PATH}/`);
}
