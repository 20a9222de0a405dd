import { Buffer } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { continueWhenRead } from './continue.js';
import { withoutByteOrderMark } from './byte-order-mark.js';
import { parseJson } from './json.js';
import { charsetProblem, takesBytes } from './media-types.js';
import { MinimumRate } from './minimum-rate.js';
import { Problem, unavailable } from './problem.js';
import type { ReceiveBudget } from './receive-budget.js';
import { ReceivedBody } from './received-body.js';
import { Turns } from './turns.js';

const MAX_CHUNKS = 4_096;

/** Minimum transfer rate of a body, averaged over each period. Shorter pauses are tolerated. */
const MIN_BYTES_PER_SECOND = 16 * 1024;
const RATE_PERIOD_MS = 10_000;

/**
 * Maximum size of a body that is parsed in one turn of the event loop. Publish requests may be larger, because batches
 * are parsed in several turns.
 */
const MAX_BYTES_IN_ONE_TURN = 2 * 1024 * 1024;

/** Minimum size of a body that is parsed in a separate iteration of the event loop. */
const LARGE_BODY_BYTES = 64 * 1024;

export interface BodyLimits {
  /** Maximum size of one body after decompression. */
  readonly bodyBytes: number;
  /** Maximum total size of the bodies that are being received or waiting to be parsed. Does not include the reserve. */
  readonly totalBytes: number;
}

export type Done = (error: Error | null, body?: unknown) => void;
export type BodyParser = (request: FastifyRequest, stream: Readable, done: Done) => void;

/**
 * Creates a parser that buffers JSON bodies. Limits the size of each body and the total size of all bodies. Without the
 * total limit, a thousand publishers could exhaust the memory before any event enters the queue. Rejects bodies that
 * arrive too slowly.
 */
export function jsonParser({ bodyBytes }: BodyLimits, memory: ReceiveBudget): BodyParser {
  const turns = new Turns();
  const minimumRate = new MinimumRate(MIN_BYTES_PER_SECOND, RATE_PERIOD_MS);

  return (request, stream, done) => {
    if (request.is404) return done(null);
    const { 'content-encoding': encoding, 'content-type': type } = request.headers;
    const contentLength = Number(request.headers['content-length'] ?? 0);
    const badCharset = charsetProblem(type);
    if (badCharset) return done(badCharset);
    const maxBytes = takesBytes(request) ? bodyBytes : Math.min(bodyBytes, MAX_BYTES_IN_ONE_TURN);
    let chunks: Buffer[] = [];
    let budget = memory.shared;
    let finished = false;
    const fail = (error: Error) => {
      if (finished) return;
      finished = true;
      chunks = [];
      if (transfer.isMeasured) minimumRate.delete(transfer);
      budget.usedBytes -= transfer.bytes;
      // Stops the decompression of the rest of the body.
      stream.pause();
      done(error);
    };
    const measure = () => {
      transfer.isMeasured = true;
      minimumRate.add(transfer);
    };
    const transfer = { bytes: 0, isMeasured: false, onSlow: () => fail(tooSlow()) };
    // The limit applies to decompressed bytes, but Content-Length counts compressed bytes.
    if (!encoding && contentLength > maxBytes) return fail(tooLarge(maxBytes));
    continueWhenRead(request, stream);
    // A compressed body is measured from the start, because its decoder needs memory before data arrives.
    if (encoding) measure();
    stream.on('data', (chunk: Buffer) => {
      if (finished) return;
      budget.usedBytes -= transfer.bytes;
      transfer.bytes += chunk.length;
      // Most bodies arrive in one chunk. Measuring them would cost 0.6 µs per body.
      if (!transfer.isMeasured && transfer.bytes !== contentLength) measure();
      const withRoom = memory.findRoom(transfer.bytes, contentLength);
      budget = withRoom ?? budget;
      budget.usedBytes += transfer.bytes;
      if (transfer.bytes > maxBytes) return fail(tooLarge(maxBytes));
      if (!withRoom) return fail(budgetExceeded());
      chunks.push(chunk);
      // Merges small chunks, because each Buffer has an overhead of about 100 bytes.
      if (chunks.length === MAX_CHUNKS) chunks = [Buffer.concat(chunks)];
    });
    stream.on('end', () => {
      if (finished) return;
      finished = true;
      if (transfer.isMeasured) minimumRate.delete(transfer);
      const bytes = withoutByteOrderMark(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      budget.usedBytes -= transfer.bytes - bytes.length;
      const body = new ReceivedBody(bytes, budget);
      chunks = [];
      if (takesBytes(request)) done(null, body);
      else if (bytes.length < LARGE_BODY_BYTES) parseNow(body, done);
      else void turns.run(async () => parseNow(body, done));
    });
    const onAborted = (error?: Error & { statusCode?: number }) => {
      // `close` is also emitted after a complete body. The error is created only if needed, because its stack trace
      // costs 13 µs.
      if (!finished) fail(error?.statusCode ? error : incomplete());
    };
    stream.on('error', onAborted).on('close', () => onAborted());
    // @fastify/compress provides the decompressed stream in paused mode.
    if (stream.isPaused()) stream.resume();
  };
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

function incomplete(): Problem {
  return new Problem(
    400,
    'The body is incomplete, because the connection closed early. Send the request again.',
  );
}

function tooSlow(): Problem {
  return new Problem(
    408,
    `The body arrived at less than ${MIN_BYTES_PER_SECOND / 1024} KiB/s over ${RATE_PERIOD_MS / 1000} s. Compress the body, or split it into smaller requests.`,
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
