import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { sendProblem } from './problem.filter.js';
import { Problem } from './problem.js';

const UNKNOWN_VERSION = new Problem(
  400,
  'The HTTP version of the request line is missing or not supported. Send HTTP/1.1 or HTTP/1.0.',
);
const NO_HOST = new Problem(400, 'The request has no Host header. Send exactly one.');
const MANY_HOSTS = new Problem(400, 'The request has more than one Host header. Send exactly one.');

/**
 * Rejects HTTP versions other than 1.x, several Host headers, and HTTP/1.1 requests without one (RFC 9112, section
 * 3.2). Node's parser accepts a request line without a version as HTTP/0.9, and uses the first Host header if there are
 * several.
 */
export function rejectMalformedHeads(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const problem = problemOf(request.raw);
    // The problem is not passed to done(), because the route of a preflight has Fastify's own error handler.
    if (problem) sendProblem(problem, request, reply);
    else done();
  });
}

function problemOf({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): Problem | undefined {
  if (httpVersionMajor !== 1) return UNKNOWN_VERSION;
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) return MANY_HOSTS;
  // HTTP/1.0 does not require a Host header.
  return hosts === 0 && httpVersionMinor > 0 ? NO_HOST : undefined;
}
