import type { FastifyInstance } from 'fastify';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { lingerAfter, lingerAndClose } from './lingering-close.js';
import { NDJSON_TYPES } from './media-types.js';
import type { ProblemDto } from './problem.dto.js';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';
import { createRequestId, REQUEST_ID_HEADER, requestIdOf } from './request-ids.js';
import { DATA_HEADERS } from './security-headers.js';

/** Maximum total size of the request line and the headers. Set explicitly, because Node's default may change. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** Maximum time until a rejected connection is closed, even if the client neither reads from it nor closes it. */
const CLOSE_AFTER_MS = 1_000;

type ClientError = readonly [status: number, detail: string];

const NOT_HTTP: ClientError = [
  400,
  'The request is not valid HTTP/1.1. Correct its request line, headers or chunks.',
];
/** Maps the error codes of Node's `clientError` event to responses. */
const CLIENT_ERRORS: Readonly<Record<string, ClientError>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    `The request line and headers are larger than ${MAX_HEADER_BYTES} bytes. Shorten them.`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time. Send it again.'],
};

/** A socket with the response in progress. Node's default `clientError` handler reads the same private field. */
type RespondingSocket = Socket & { _httpMessage?: ServerResponse | null };

/**
 * Rejects a request that Node cannot parse or that does not arrive in time. Writes the problem directly to the socket,
 * because Node creates no response object in these cases.
 */
export function rejectMalformed(
  this: FastifyInstance,
  error: Error & { code?: string },
  socket: RespondingSocket,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const { _httpMessage: pending } = socket;
  if (pending && mayBeAccepted(pending)) return void socket.destroy();
  const [status, detail] = CLIENT_ERRORS[error.code ?? ''] ?? NOT_HTTP;
  const { headers, body, problem } = serialize(new Problem(status, detail), createRequestId());
  // A connection that never carried a byte is not a request. Browsers and load balancers open some in advance.
  if (socket.bytesRead > 0) record(this, socket, problem);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
  lingerAndClose(socket, CLOSE_AFTER_MS);
}

/**
 * Returns whether the pending request may already have been accepted. This is the case if it has arrived completely, if
 * its response has begun, or if it is NDJSON, which is stored as it arrives. The client would interpret an error as the
 * response to that request, so the connection is closed without a response.
 */
function mayBeAccepted({ req, headersSent }: ServerResponse): boolean {
  const type = req.headers['content-type']?.toLowerCase() ?? '';
  return req.complete || headersSent || NDJSON_TYPES.some((name) => type.startsWith(name));
}

/** Rejects an Expect header other than 100-continue. Node emits `checkExpectation` for it, and no `request`. */
export function rejectExpectation(
  server: FastifyInstance,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { headers, body, problem } = serialize(
    new Problem(417, 'The expectation is not supported. Send Expect: 100-continue, or no Expect header.'),
    requestIdOf(request),
  );
  record(server, request.socket, problem);
  lingerAfter(response);
  response.writeHead(417, headers).end(body);
}

function record({ rejections }: FastifyInstance, { remoteAddress = '' }: Socket, problem: ProblemDto): void {
  const { status, type, detail, request_id } = problem;
  rejections.record({ status, type, detail, address: remoteAddress, request_id });
}

function serialize(rejection: Problem, requestId: string) {
  const problem = rejection.toBody('about:blank', requestId);
  const body = JSON.stringify(problem);
  const headers = {
    ...DATA_HEADERS,
    [REQUEST_ID_HEADER]: requestId,
    'content-type': `${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  return { headers, body, problem };
}
