import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { parseJson } from './json.js';
import { charsetProblem, NDJSON_TYPES, takesBytes, unsupportedMediaType } from './media-types.js';
import { Problem, unavailable } from './problem.js';
import { type Budget, ReceivedBody } from './received-body.js';

const MAX_CHUNKS = 4_096;

interface BodyLimits {
  /** Maximum size of one body after decompression. */
  readonly bodyBytes: number;
  /** Maximum total size of the bodies that are being received or wait to be parsed. */
  readonly totalBytes: number;
}

type Done = (error: Error | null, body?: unknown) => void;
type Parser = (request: FastifyRequest, stream: Readable, done: Done) => void;

/**
 * Buffers JSON bodies and passes NDJSON bodies on as streams. Limits the size of each JSON body and of all in total.
 * Without the second limit, a thousand slow publishers could exhaust the memory before any event enters the queue.
 */
export function receiveBodies(server: FastifyInstance, { bodyBytes, totalBytes }: BodyLimits): void {
  const budget: Budget = { usedBytes: 0 };

  const receive: Parser = (request, stream, done) => {
    if (request.is404) return done(null);
    const { 'content-encoding': encoding, 'content-length': length, 'content-type': type } = request.headers;
    const badCharset = charsetProblem(type);
    if (badCharset) return done(badCharset);
    let chunks: Buffer[] = [];
    let bytes = 0;
    let finished = false;
    const fail = (error: Error) => {
      if (finished) return;
      finished = true;
      chunks = [];
      budget.usedBytes -= bytes;
      // Stops decompression of the rest.
      stream.pause();
      done(error);
    };
    // The limit applies to decompressed bytes. Content-Length counts the compressed ones.
    if (!encoding && Number(length) > bodyBytes) return fail(tooLarge(bodyBytes));
    stream.on('data', (chunk: Buffer) => {
      if (finished) return;
      bytes += chunk.length;
      budget.usedBytes += chunk.length;
      if (bytes > bodyBytes) return fail(tooLarge(bodyBytes));
      if (budget.usedBytes > totalBytes) return fail(budgetExceeded());
      chunks.push(chunk);
      // Merges small chunks, because each Buffer takes about 100 bytes in addition to its content.
      if (chunks.length === MAX_CHUNKS) chunks = [Buffer.concat(chunks)];
    });
    stream.on('end', () => {
      if (finished) return;
      finished = true;
      const body = new ReceivedBody(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), budget);
      chunks = [];
      if (takesBytes(request)) done(null, body);
      else parseNow(body, done);
    });
    const onAborted = (error?: Error & { statusCode?: number }) => {
      // A complete body also emits `close`. Creates the error only if needed, because its stack trace takes 13 µs.
      if (!finished) fail(error?.statusCode ? error : incomplete());
    };
    stream.on('error', onAborted).on('close', () => onAborted());
    // @fastify/compress passes its decompressed stream paused.
    if (stream.isPaused()) stream.resume();
  };

  const receiveBytes: Parser = (request, stream, done) =>
    takesBytes(request) ? receive(request, stream, done) : reject(request, done);

  const passOn: Parser = (request, stream, done) => {
    if (!takesBytes(request)) return reject(request, done);
    done(charsetProblem(request.headers['content-type']) ?? null, stream);
  };

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', receive);
  // The media types of CloudEvents in structured mode, and of JSON data in binary mode.
  server.addContentTypeParser(/^application\/[^;]+\+json/i, receiveBytes);
  server.addContentTypeParser(NDJSON_TYPES, passOn);
}

function parseNow(body: ReceivedBody, done: Done): void {
  let value: unknown;
  try {
    value = parseJson(body.bytes);
  } catch (error) {
    return done(error as Error);
  } finally {
    body.release();
  }
  done(null, value);
}

function reject(request: FastifyRequest, done: Done): void {
  done(request.is404 ? null : unsupportedMediaType(request));
}

function incomplete(): Problem {
  return new Problem(
    400,
    'The body is incomplete, because the connection closed early. Send the request again.',
  );
}

function tooLarge(limit: number): Problem {
  return new Problem(413, `The body is larger than ${limit} bytes. Split it into smaller requests.`);
}

function budgetExceeded(): Problem {
  return unavailable(
    'receiving-full',
    'Too many bodies at once',
    'The bodies being received fill the memory reserved for them. Nothing was accepted; try again.',
  );
}
