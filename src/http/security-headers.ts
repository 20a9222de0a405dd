import type { FastifyInstance } from 'fastify';
import { isPage } from './pages.js';

/**
 * Headers of responses that contain data. Publishers control the data, so browsers must not sniff, execute, frame or
 * cache it, or embed it in another site. Omits HSTS, which the TLS proxy in front of the service must set.
 */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Headers of Swagger UI. Omits upgrade-insecure-requests, which would break the page over plain HTTP. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "style-src 'self' 'unsafe-inline'", // for the <style> elements of the page
    "img-src 'self' data:", // for the icons in the style sheet
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

/**
 * Sets the security headers of every response on the Fastify reply. Helmet and Nest's useSecurityHeaders set a dozen
 * headers on Node's response object instead, which makes each response slower.
 */
export function setSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(DATA_HEADERS);
    done();
  });
  server.addHook('onRoute', (route) => {
    if (!isPage(route.url)) return;
    route.onRequest = [
      ...[route.onRequest ?? []].flat(),
      (_request, reply, done) => {
        reply.headers(PAGE_HEADERS);
        done();
      },
    ];
  });
}
