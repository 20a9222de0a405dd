import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';
import { DATA_HEADERS } from './security-headers.js';

/** Of all headers of a request: Node's own default, said here because a limit is promised. */
export const MAX_HEADER_BYTES = 16 * 1024;

const NOT_HTTP = [400, 'This is not HTTP as this service reads it.'] as const;
const TOLD: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, `The headers, with the address, are larger than ${MAX_HEADER_BYTES} bytes.`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

/** Node's own default handler asks the same field. */
type AnsweringSocket = Socket & { _httpMessage?: ServerResponse | null };

/** What Node cannot parse as HTTP never becomes a request; it is answered on the socket, as a problem too. */
export function answerMalformed(error: Error & { code?: string }, socket: AnsweringSocket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const { _httpMessage: answering } = socket;
  if (answering && mayHaveTaken(answering)) return void socket.destroy();
  const [status, detail] = TOLD[error.code ?? ''] ?? NOT_HTTP;
  const { headers, body } = written(new Problem(status, detail));
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`);
}

/**
 * Whether a request that is being answered may have been taken: it was there in whole, or as NDJSON is stored as
 * it comes. A refusal said now would be read as the answer to it; no answer says that nobody knows.
 */
function mayHaveTaken({ req, headersSent }: ServerResponse): boolean {
  return req.complete || headersSent || /ndjson/i.test(req.headers['content-type'] ?? '');
}

/** To an Expect other than 100-continue, which does not become a request either. */
export function answerUnmet(_request: IncomingMessage, response: ServerResponse): void {
  const { headers, body } = written(
    new Problem(417, 'The only expectation that is met here is 100-continue.'),
  );
  response.writeHead(417, headers).end(body);
}

function written(problem: Problem) {
  const body = JSON.stringify(problem.toBody('about:blank'));
  const headers = {
    ...DATA_HEADERS,
    'content-type': `${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  return { headers, body };
}
