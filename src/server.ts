import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { guardRoutes } from './auth/guard-routes.js';
import type { Config } from './config.js';
import { acceptBodies } from './http/bodies.js';
import { rememberPaths } from './http/allowed-methods.js';
import { refuseBrokenQueries } from './http/query-strings.js';
import { answerMalformed, answerUnmet, MAX_HEADER_BYTES } from './http/malformed.js';
import { setSecurityHeaders } from './http/security-headers.js';
import { sendProblem } from './http/problem.filter.js';

/** A key of 255 characters, each four bytes of UTF-8 and percent-encoded. */
const MAX_PARAM_LENGTH = 255 * 4 * 3;
/** For the headers to arrive: one packet from anyone who means it. */
const HEADERS_TIMEOUT_MS = 10_000;
/** For a whole request to arrive: an NDJSON upload may take its time. Who sends nothing is cut off sooner, below. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
/** How often those two are looked after; Node's 30 s would let half-sent headers stay for 40 s. */
const TIMEOUTS_CHECKED_EVERY_MS = 5_000;
/** Between requests. Longer than the 60 s of usual proxies, so that none sends into a connection being closed. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Without a byte either way: neither half a body nor a page that nobody reads may stay in memory. */
const IDLE_TIMEOUT_MS = 60_000;
/** Sockets take memory too. More callers than this want a proxy before the service. */
const MAX_CONNECTIONS = 10_000;
/** For answers still being sent when the service stops; connections without a request must not hold it up. */
const CLOSE_GRACE_MS = 2_000;

/** Fastify as this service uses it, with its own errors told as problems too. */
export function fastifyAdapter(config: Config): FastifyAdapter {
  const adapter = new FastifyAdapter({
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUTS_CHECKED_EVERY_MS,
    },
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerMalformed,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(error, request, reply),
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = MAX_CONNECTIONS;
  fastify.server.on('checkExpectation', answerUnmet);
  setSecurityHeaders(fastify);
  guardRoutes(fastify, config);
  rememberPaths(fastify);
  refuseBrokenQueries(fastify);
  fastify.addHook('preClose', (done) => {
    setTimeout(() => fastify.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    done();
  });
  acceptBodies(fastify, config);
  return adapter;
}
