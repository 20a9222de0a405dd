import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { guardRoutes } from '../auth/guard-routes.js';
import type { Config } from '../config.js';
import { acceptJson } from './json-body.js';
import { rememberPaths } from './known-paths.js';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';
import { sendProblem } from './send-problem.js';

/** A key of 255 characters, each four bytes of UTF-8 and percent-encoded. */
const MAX_PARAM_LENGTH = 255 * 4 * 3;
/** For a whole request to arrive. */
const REQUEST_TIMEOUT_MS = 60_000;
/** For answers still being sent when the service stops; connections without a request must not hold it up. */
const CLOSE_GRACE_MS = 2_000;

const STATUS_OF: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Fastify as this service uses it, with its own errors told as problems too. */
export function fastifyAdapter(config: Config): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerRaw,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(error, request, reply),
  });
  const fastify = adapter.getInstance();
  guardRoutes(fastify, config);
  rememberPaths(fastify);
  fastify.addHook('preClose', (done) => {
    setTimeout(() => fastify.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    done();
  });
  acceptJson(fastify, config);
  return adapter;
}

/** What Node cannot parse as HTTP never becomes a request; it is answered on the socket. */
function answerRaw(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = STATUS_OF[error.code ?? ''] ?? 400;
  const problem = new Problem(status, 'This is not HTTP as this service reads it.');
  const body = JSON.stringify(problem.toBody('about:blank'));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
