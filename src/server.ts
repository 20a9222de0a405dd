import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { openApiKeys } from './auth/open-api-keys.js';
import { guardRoutes } from './auth/guard-routes.js';
import { reloadApiKeys } from './auth/reload.js';
import type { Config } from './config.js';
import { logAccess } from './http/access-log.js';
import { recordMethods } from './http/allowed-methods.js';
import { receiveBodies } from './http/bodies.js';
import { rejectMalformedQueries } from './http/checked-query.js';
import { compressBodies } from './http/compression.js';
import { delayContinue } from './http/continue.js';
import { allowOrigins } from './http/cross-origin.js';
import { limitSending } from './http/limit-sending.js';
import { MAX_HEADER_BYTES, rejectExpectation, rejectMalformed } from './http/malformed.js';
import { limitPipelining } from './http/pipelining.js';
import { sendProblem } from './http/problem.filter.js';
import { logRejections } from './http/rejection-log.js';
import { rejectMalformedHeads } from './http/request-head.js';
import { requestIdOf, returnRequestIds } from './http/request-ids.js';
import { observeResponses } from './http/response-observer.js';
import { setSecurityHeaders } from './http/security-headers.js';
import { splitOrigins } from './validation/origin-list.js';

const METRICS_PATH = '/metrics';
/** Maximum length of a path parameter: a key of 255 characters of four UTF-8 bytes each, percent-encoded. */
const MAX_PARAM_LENGTH = 255 * 4 * 3;
/** Maximum time for the headers to arrive. Clients usually send them in one packet. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Maximum time for a whole request to arrive. Allows long NDJSON uploads. JSON bodies have a minimum rate instead. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
/**
 * Interval at which Node enforces both timeouts. With Node's default of 30 s, incomplete headers could be kept for 40
 * s.
 */
const TIMEOUT_CHECK_INTERVAL_MS = 5_000;
/**
 * Maximum time between requests on a connection. Proxies often use 60 s. A longer time ensures that they do not reuse a
 * connection that is being closed.
 */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Maximum time without traffic. Bounds how long an incomplete body or an unread response stays in memory. */
const IDLE_TIMEOUT_MS = 60_000;
/** Maximum number of connections, which bounds the memory of sockets. For more callers, use a proxy. */
const MAX_CONNECTIONS = 10_000;
/** Maximum time for pending responses at shutdown, before the remaining connections are closed. */
const CLOSE_GRACE_MS = 2_000;

/**
 * Creates the HTTP server and registers its hooks in the order in which they handle a request. Nest adds the routes
 * later, so `onRoute` hooks run for every route.
 */
export async function createServer(config: Config): Promise<FastifyAdapter> {
  // 1. Node limits the number of connections, and rejects malformed, oversized or late requests (400, 431, 408).
  const adapter = createAdapter();
  const server = adapter.getInstance();

  // 2. The id of the request, security headers, and the log and figures of requests. Before all other hooks, because later steps
  //    may reject the request.
  returnRequestIds(server);
  setSecurityHeaders(server);
  logRejections(server);
  observeResponses(server);
  if (config.ACCESS_LOG === 'on') logAccess(server);

  // 3. The Host header and the HTTP version (400). They are checked before any other hook can respond.
  rejectMalformedHeads(server);

  // 4. CORS. It precedes all other rejections, because a browser hides responses without CORS headers from the page. It
  //    precedes the guards, because a preflight has no API key and its route declares no access.
  const origins = splitOrigins(config.CORS_ORIGINS);
  if (origins.length > 0) await allowOrigins(server, origins);

  // 5. Malformed query strings (400). They are rejected before the parser would accept them as text.
  rejectMalformedQueries(server);

  // 6. API keys and their rate limits: 401, 403 and 429. Before a byte of the body is received.
  const apiKeys = config.requiresApiKeys ? openApiKeys(config) : undefined;
  const isPublic = (path: string) => path === METRICS_PATH && config.METRICS_PUBLIC === 'on';
  guardRoutes(server, apiKeys, isPublic);
  if (apiKeys) reloadApiKeys(server, apiKeys, config.API_KEYS_FILE);

  // 7. Pipelining. A read waits until the previous responses of its connection have been sent. The connection is closed
  //    if too many requests wait.
  limitPipelining(server);

  // 8. Compression. Request bodies are decompressed as they arrive, so that the next step counts decompressed bytes.
  await compressBodies(server);

  // 9. Bodies (408, 413, 415, 503). Each body has a size limit and a minimum rate, and all bodies share a budget. 100
  //    Continue is sent only now to clients that wait for it.
  delayContinue(server);
  receiveBodies(server, {
    bodyBytes: config.BODY_LIMIT_BYTES,
    totalBytes: Math.max(config.QUEUE_CAPACITY_BYTES, config.BODY_LIMIT_BYTES),
  });

  // 10. Responses (503). All responses that clients have not read yet share a budget.
  limitSending(server, config.RESPONSE_CAPACITY_BYTES);

  // 11. The handler. If no route matches, the other methods of the path decide between 404 and 405.
  recordMethods(server);

  // 12. Shutdown. Pending responses have a grace period before connections are closed.
  closeGracefully(server);
  return adapter;
}

function createAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      // The service checks the Host header, because Node's own rejection has no body.
      requireHostHeader: false,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
    },
    genReqId: requestIdOf,
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: rejectMalformed,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(error, request, reply),
  });
  const server = adapter.getInstance();
  server.server.maxConnections = MAX_CONNECTIONS;
  server.server.on('checkExpectation', (request, response) => rejectExpectation(server, request, response));
  return adapter;
}

function closeGracefully(server: FastifyInstance): void {
  server.addHook('preClose', (done) => {
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    done();
  });
}
