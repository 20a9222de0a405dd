import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Time for which a browser caches a preflight response: two hours, the maximum of Chromium. */
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
 * Allows pages of these origins to call the service (CORS). `*` allows every origin. Resolves when the hook is added.
 * Responds to every OPTIONS request with 204 before the API key check, because preflights have no credentials.
 */
export async function allowOrigins(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  await server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_SECONDS,
    // Strict preflights would reject other OPTIONS requests with text/plain instead of a problem.
    strictPreflight: false,
  });
}
