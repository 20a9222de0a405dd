import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Time for which a browser reuses a preflight response: two hours, the maximum of Chromium. */
const MAX_AGE_SECONDS = 7200;

/** Response headers that scripts of another origin may read, besides those that CORS always exposes. */
const EXPOSED_HEADERS = ['preference-applied', 'retry-after', 'www-authenticate'];

/**
 * Allows pages of other origins to call the service (CORS), from any origin if the list contains `*`.
 * Every OPTIONS request gets 204 here, before an API key is checked: browsers send preflights without credentials.
 * Resolves when the hook is in place.
 */
export async function allowOrigins(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_SECONDS,
    // Strict preflights would reject other OPTIONS requests as text/plain, not as a problem.
    strictPreflight: false,
  });
}
