import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Name of the header that carries the id of a request, in both directions. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Matches an id that a caller may choose: visible ASCII characters, so that it cannot break a header or a log line. */
const ACCEPTED = /^[\x21-\x7e]{1,128}$/;
/** Distinguishes the ids of this process from those of other replicas and of earlier runs. */
const PREFIX = randomBytes(6).toString('base64url');
let created = 0;

/** Returns the id that the caller chose, or a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && ACCEPTED.test(given) ? given : createRequestId();
}

/** Returns a new id. A counter, because random bytes for each request would cost more. */
export function createRequestId(): string {
  return `${PREFIX}-${++created}`;
}

/** Returns the id of each request in a header of its response. */
export function returnRequestIds(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    done();
  });
}
