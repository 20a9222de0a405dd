import type { FastifyInstance, FastifyRequest } from 'fastify';
import { continueWhenRead } from './continue.js';
import { type BodyLimits, type BodyParser, type Done, jsonParser } from './json-bodies.js';
import { charsetProblem, NDJSON_TYPES, takesBytes, unsupportedMediaType } from './media-types.js';
import { ReceiveBudget } from './receive-budget.js';

declare module 'fastify' {
  interface FastifyInstance {
    receiveBudget: ReceiveBudget;
  }
}

/** The reserve for small bodies, as a fraction of the memory for all bodies. */
const RESERVE_FRACTION = 1 / 8;

/**
 * Registers the body parsers. JSON bodies are buffered within the limits. NDJSON bodies are passed to the handler as
 * streams, because they may have any length and may be live feeds with pauses.
 */
export function receiveBodies(server: FastifyInstance, limits: BodyLimits): void {
  const budget = new ReceiveBudget(limits.totalBytes, limits.totalBytes * RESERVE_FRACTION);
  server.decorate('receiveBudget', budget);
  const receive = jsonParser(limits, budget);

  const receiveBytes: BodyParser = (request, stream, done) =>
    takesBytes(request) ? receive(request, stream, done) : reject(request, done);

  const passOn: BodyParser = (request, stream, done) => {
    if (!takesBytes(request)) return reject(request, done);
    const badCharset = charsetProblem(request.headers['content-type']);
    if (badCharset) return done(badCharset);
    continueWhenRead(request, stream);
    done(null, stream);
  };

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', receive);
  // The media types of CloudEvents in structured mode, and of JSON data in binary mode.
  server.addContentTypeParser(/^application\/[^;]+\+json/i, receiveBytes);
  server.addContentTypeParser(NDJSON_TYPES, passOn);
}

function reject(request: FastifyRequest, done: Done): void {
  done(request.is404 ? null : unsupportedMediaType(request));
}
