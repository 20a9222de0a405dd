import type { FastifyInstance } from 'fastify';
import { isDocs } from './pages.js';

/**
 * For answers that are data, whatever a publisher put in them: never guessed to be a page, run or framed as one,
 * kept in a cache, or loaded into another site's. HSTS belongs to the proxy that has the certificate.
 */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** For Swagger UI. No upgrade-insecure-requests: it would break the page wherever there is no TLS. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "style-src 'self' 'unsafe-inline'", // its page has <style> elements
    "img-src 'self' data:", // icons in its style sheet
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

/**
 * Sets the headers of every answer. Constants in the reply's own table: helmet, and Nest's useSecurityHeaders, set
 * a dozen on Node's response, which takes its slow path for each answer then.
 */
export function setSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    reply.headers(DATA_HEADERS);
    done();
  });
  fastify.addHook('onRoute', (route) => {
    if (!isDocs(route.url)) return;
    route.onRequest = [
      ...[route.onRequest ?? []].flat(),
      (_request, reply, done) => {
        reply.headers(PAGE_HEADERS);
        done();
      },
    ];
  });
}
