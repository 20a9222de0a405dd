import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Buffer, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { Config } from '../config.js';
import { inexactNumbers } from './exact-numbers.js';
import { invalid, Problem, unavailable } from './problem.js';
import { inItsTurn } from '../ingest/turns.js';

/** JSON is UTF-8 (RFC 8259, section 8.1); reading it as such in spite of the header would change it in silence. */
const FOREIGN_CHARSET = /;\s*charset=(?!"?(?:utf-?8|us-ascii)"?\s*(?:;|$))/i;

const MAX_CHUNKS = 4_096;
/** A few hundred events, and about a millisecond: from here on, a body is parsed in a turn of its own. */
const LARGE_BODY_BYTES = 64 * 1024;

export const PUBLISH_PATH = '/publish';

/**
 * What was parsed of a body for /publish, to be taken once. A request stays until its answer was read, and whatever
 * it holds with it: of a large body, many times what the queue counts.
 */
export class ParsedBody {
  constructor(private value: unknown) {}

  take(): unknown {
    const { value } = this;
    this.value = undefined;
    return value;
  }
}

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Reads JSON bodies and lets NDJSON through as a stream. JSON has two bounds: one body's bytes, and the bytes of
 * all bodies being received or waiting to be parsed, so that a thousand slow publishers cannot fill the memory
 * before the queue sees any of them.
 */
export function acceptBodies(fastify: FastifyInstance, config: Config): void {
  let receiving = 0;

  const read = (request: FastifyRequest, stream: Readable, done: Done) => {
    if (request.is404) return done(null);
    const {
      'content-encoding': encoding,
      'content-length': length = 0,
      'content-type': type = '',
    } = request.headers;
    if (FOREIGN_CHARSET.test(type)) return done(notUtf8());
    let chunks: Buffer[] = [];
    let bytes = 0;
    let complete = false;
    let finished = false;
    const finish: Done = (error, body) => {
      if (finished) return;
      finished = true;
      receiving -= bytes;
      // What is left of it is not unpacked.
      if (error) stream.pause();
      done(error, body);
    };
    // Of a compressed body, what comes out is counted.
    if (!encoding && Number(length) > config.BODY_LIMIT_BYTES) return finish(tooLarge(config));
    stream.on('data', (chunk: Buffer) => {
      if (finished) return;
      bytes += chunk.length;
      receiving += chunk.length;
      if (bytes > config.BODY_LIMIT_BYTES) return finish(tooLarge(config));
      if (receiving > Math.max(config.QUEUE_CAPACITY_BYTES, config.BODY_LIMIT_BYTES))
        return finish(tooBusy());
      chunks.push(chunk);
      // Of chunks of a byte, the objects would take a hundred times as much.
      if (chunks.length === MAX_CHUNKS) chunks = [Buffer.concat(chunks)];
    });
    const readAll = () => {
      try {
        const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        chunks = [];
        const value = parse(body);
        finish(null, isPublish(request) ? new ParsedBody(value) : value);
      } catch (error) {
        finish(error as Error);
      }
    };
    stream.on('end', () => {
      complete = true;
      if (finished) return;
      if (bytes < LARGE_BODY_BYTES) readAll();
      else inItsTurn(readAll);
    });
    const hungUp = (error?: Error & { statusCode?: number }) => {
      if (!complete)
        finish(error?.statusCode ? error : new Problem(400, 'The request ended before its body did.'));
    };
    stream.on('error', hungUp).on('close', () => hungUp());
    // What unpacks is handed over paused.
    if (stream.isPaused()) stream.resume();
  };

  const readForPublish: typeof read = (request, stream, done) =>
    isPublish(request) ? read(request, stream, done) : refuse(request, done);
  // Of any length: read as a stream by whoever takes it.
  const passOn: typeof read = (request, stream, done) => {
    if (!isPublish(request)) return refuse(request, done);
    if (FOREIGN_CHARSET.test(request.headers['content-type']!)) return done(notUtf8());
    done(null, stream);
  };

  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', read);
  // CloudEvents, and the data of those that have their attributes in the headers.
  fastify.addContentTypeParser(/^application\/[^;]+\+json/i, readForPublish);
  fastify.addContentTypeParser('application/x-ndjson', passOn);
}

const isPublish = ({ routeOptions }: FastifyRequest) => routeOptions.url === PUBLISH_PATH;

const notUtf8 = () => new Problem(415, 'Send JSON as UTF-8.');

function refuse({ is404 }: FastifyRequest, done: Done): void {
  done(is404 ? null : new Problem(415, 'Send application/json. Other media types are for /publish alone.'));
}

function parse(body: Buffer): unknown {
  // Replacing what is not UTF-8 would change keys and payloads in silence.
  if (!isUtf8(body)) throw new Problem(400, 'The body is not valid UTF-8.');
  if (body.length === 0) return undefined;
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, `The body is not valid JSON: ${(error as Error).message}.`);
  }
  const inexact = inexactNumbers(text);
  if (inexact.length > 0) throw invalid('Some numbers have more digits than can be kept.', inexact);
  return value;
}

function tooLarge(config: Config): Problem {
  return new Problem(
    413,
    `The body is larger than ${config.BODY_LIMIT_BYTES} bytes. Send the events in smaller batches.`,
  );
}

function tooBusy(): Problem {
  return unavailable(
    'receiving-full',
    'Too many bodies at once',
    'Bodies that are not read yet take all the memory set aside for them. Nothing was taken; try again.',
    1,
  );
}
