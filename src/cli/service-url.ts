/** Environment variable with the API key of the commands that call a service. Arguments are visible to other users. */
const API_KEY = 'AGGREGATOR_API_KEY';

/** Parses an HTTP or HTTPS URL; undefined if invalid. Adds a trailing slash to keep a path prefix of a proxy. */
export function readUrl(text: string): URL | undefined {
  if (!URL.canParse(text.trim())) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Returns the API key of the environment; undefined if there is none. */
export function apiKeyOf(environment: NodeJS.ProcessEnv): string | undefined {
  return environment[API_KEY] || undefined;
}
