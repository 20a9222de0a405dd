import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Buffer, isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';
import { Problem, unavailable } from './problem.js';

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Reads JSON bodies, within two bounds: one body's bytes, and the bytes of all bodies being received at a
 * time, so that a thousand slow publishers cannot fill the memory before the queue sees any of them.
 */
export function acceptJson(fastify: FastifyInstance, config: Config): void {
  let receiving = 0;

  const read = (_request: FastifyRequest, stream: IncomingMessage, done: Done) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let finished = false;
    const finish: Done = (error, body) => {
      if (finished) return;
      finished = true;
      receiving -= bytes;
      done(error, body);
    };
    const declared = Number(stream.headers['content-length'] ?? 0);
    if (declared > config.BODY_LIMIT_BYTES) return finish(tooLarge(config));
    stream.on('data', (chunk: Buffer) => {
      if (finished) return;
      bytes += chunk.length;
      receiving += chunk.length;
      if (bytes > config.BODY_LIMIT_BYTES) return finish(tooLarge(config));
      if (receiving > Math.max(config.QUEUE_CAPACITY_BYTES, config.BODY_LIMIT_BYTES))
        return finish(tooBusy());
      chunks.push(chunk);
    });
    stream.on('end', () => {
      try {
        finish(null, parse(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
      } catch (error) {
        finish(error as Error);
      }
    });
    stream.on('error', finish);
    stream.on('close', () => finish(new Problem(400, 'The request ended before its body did.')));
  };

  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', read);
}

function parse(body: Buffer): unknown {
  // Replacing what is not UTF-8 would change keys and payloads in silence.
  if (!isUtf8(body)) throw new Problem(400, 'The body is not valid UTF-8.');
  if (body.length === 0)
    throw new Problem(400, 'The body is empty. Send an event, an array of events, or {"events": […]}.');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Problem(400, `The body is not valid JSON: ${(error as Error).message}.`);
  }
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
    'The bodies being received take all the memory set aside for them. Nothing was taken; try again.',
    1,
  );
}
