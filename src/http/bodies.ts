import type { FastifyInstance, FastifyRequest } from 'fastify';
import { continueWhenRead } from './continue.js';
import { type BodyLimits, type BodyParser, type Done, jsonParser } from './json-bodies.js';
import { charsetProblem, NDJSON_TYPES, takesBytes, unsupportedMediaType } from './media-types.js';

/** Buffers JSON bodies and passes NDJSON bodies on as streams, which may have any length and may be slow on purpose. */
export function receiveBodies(server: FastifyInstance, limits: BodyLimits): void {
  const receive = jsonParser(limits);

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
