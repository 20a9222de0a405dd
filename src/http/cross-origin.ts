import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Time for which a browser may cache a preflight response. Chromium caches it for at most two hours. */
const MAX_AGE_SECONDS = 7200;

/** Response headers that scripts of another origin may read, in addition to those that CORS always exposes. */
const EXPOSED_HEADERS = [
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

/**
 * Allows pages of these origins to call the service (CORS). `*` allows every origin. Resolves when the hook is
 * registered. The hook responds to every OPTIONS request with 204 before the API key check, because preflight requests
 * have no credentials.
 */
export async function allowOrigins(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_SECONDS,
    // With strict preflights, the plugin would reject other OPTIONS requests with text/plain instead of a problem.
    strictPreflight: false,
  });
}
