import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { parseJson } from './json.js';
import { Problem, unavailable } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `bytes`: the handler gets JSON as a `ReceivedBody` and NDJSON as the stream itself.
     * By default, the handler gets the parsed value of a JSON body.
     */
    body?: 'bytes';
  }
}

/** The media types of newline-delimited JSON; none of them is registered with IANA. */
export const NDJSON_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
];

/** A charset other than UTF-8, which RFC 8259, section 8.1 requires. Decoding it as UTF-8 would change the text. */
const FOREIGN_CHARSET = /;\s*charset=(?!"?(?:utf-?8|us-ascii)"?\s*(?:;|$))/i;

const EMPTY = Buffer.alloc(0);
const MAX_CHUNKS = 4_096;
const MAX_QUOTED_CHARACTERS = 100;

export interface BodyLimits {
  /** Bytes of one body, counted decompressed. */
  readonly bodyBytes: number;
  /** Bytes of all bodies that are being received or wait to be parsed. */
  readonly totalBytes: number;
}

/** The bytes of all bodies that are being received or wait to be parsed. */
interface Budget {
  usedBytes: number;
}

/** A JSON body, received in full. Its bytes count against the budget for all bodies until it is parsed. */
export class ReceivedBody {
  constructor(
    private bytes: Buffer,
    private readonly budget: Budget,
  ) {}

  get length(): number {
    return this.bytes.length;
  }

  /**
   * Parses the body and releases its bytes. Call it exactly once.
   * Fastify keeps this object until the response is flushed, so afterwards it holds neither the bytes nor the value.
   */
  parse(): unknown {
    const { bytes } = this;
    this.bytes = EMPTY;
    this.budget.usedBytes -= bytes.length;
    return parseJson(bytes);
  }
}

type Done = (error: Error | null, body?: unknown) => void;
type Parser = (request: FastifyRequest, stream: Readable, done: Done) => void;

/**
 * Receives JSON bodies and passes NDJSON on as a stream. Bounds the bytes of one JSON body and the bytes of all.
 * Without the second bound, a thousand slow publishers could fill the memory before the queue sees an event.
 */
export function receiveBodies(server: FastifyInstance, { bodyBytes, totalBytes }: BodyLimits): void {
  const budget: Budget = { usedBytes: 0 };

  const receive: Parser = (request, stream, done) => {
    if (request.is404) return done(null);
    const { 'content-encoding': encoding, 'content-length': length, 'content-type': type } = request.headers;
    if (FOREIGN_CHARSET.test(type ?? '')) return done(foreignCharset(type!));
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
    // The Content-Length of a compressed body is not the length that counts.
    if (!encoding && Number(length) > bodyBytes) return fail(tooLarge(bodyBytes));
    stream.on('data', (chunk: Buffer) => {
      if (finished) return;
      bytes += chunk.length;
      budget.usedBytes += chunk.length;
      if (bytes > bodyBytes) return fail(tooLarge(bodyBytes));
      if (budget.usedBytes > totalBytes) return fail(budgetExceeded());
      chunks.push(chunk);
      // The objects of one-byte chunks would take a hundred times the memory of their bytes.
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
    const onBreak = (error?: Error & { statusCode?: number }) =>
      fail(error?.statusCode ? error : new Problem(400, 'The request ended before its body did.'));
    stream.on('error', onBreak).on('close', () => onBreak());
    // A decompressing stream arrives paused.
    if (stream.isPaused()) stream.resume();
  };

  const receiveBytes: Parser = (request, stream, done) =>
    takesBytes(request) ? receive(request, stream, done) : reject(request, done);

  const passOn: Parser = (request, stream, done) => {
    const type = request.headers['content-type']!;
    if (!takesBytes(request)) return reject(request, done);
    done(FOREIGN_CHARSET.test(type) ? foreignCharset(type) : null, stream);
  };

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', receive);
  // CloudEvents, and the data of a CloudEvent whose attributes are headers.
  server.addContentTypeParser(/^application\/[^;]+\+json/i, receiveBytes);
  server.addContentTypeParser(NDJSON_TYPES, passOn);
}

/** Creates the 415 that names the media type of the request and those that its route accepts. */
export function unsupportedMediaType(request: FastifyRequest): Problem {
  const type = request.headers['content-type'];
  const accepted = takesBytes(request)
    ? `application/json, application/*+json (CloudEvents) or ${NDJSON_TYPES[0]} (also ${NDJSON_TYPES.slice(1).join(', ')})`
    : 'application/json';
  return new Problem(
    415,
    type === undefined
      ? `The request has no Content-Type. Send ${accepted}.`
      : `The media type ${quote(type)} is not supported here. Send ${accepted}.`,
  );
}

function takesBytes({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.body === 'bytes';
}

function parseNow(body: ReceivedBody, done: Done): void {
  let value: unknown;
  try {
    value = body.parse();
  } catch (error) {
    return done(error as Error);
  }
  done(null, value);
}

function reject(request: FastifyRequest, done: Done): void {
  done(request.is404 ? null : unsupportedMediaType(request));
}

function foreignCharset(type: string): Problem {
  return new Problem(415, `The charset of ${quote(type)} is not supported. Send UTF-8.`);
}

/** Quotes a header for an error text, escaped and at a bounded length. */
function quote(header: string): string {
  return JSON.stringify(
    header.length > MAX_QUOTED_CHARACTERS ? `${header.slice(0, MAX_QUOTED_CHARACTERS)}…` : header,
  );
}

function tooLarge(limit: number): Problem {
  return new Problem(413, `The body is larger than ${limit} bytes. Send the events in smaller batches.`);
}

function budgetExceeded(): Problem {
  return unavailable(
    'receiving-full',
    'Too many bodies at once',
    'The bodies being received fill the memory reserved for them. Nothing was accepted; try again.',
  );
}
