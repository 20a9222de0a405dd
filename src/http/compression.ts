import compress from '@fastify/compress';
import type { FastifyInstance, preParsingHookHandler } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { DecompressionSlots } from './decompression-slots.js';
import { Problem } from './problem.js';
import { whenClosed } from './response-closed.js';
import { STRICT_DECOMPRESSORS } from './strict-decompressors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `false` disables compression of the route's responses. Suits responses that are usually below the threshold,
     * because checking each would cost more than compression saves.
     */
    compress?: false;
  }
}

/** Minimum size of a response to compress. Compressing a smaller response costs more than it saves. */
const THRESHOLD_BYTES = 2048;

/** Encodings whose decoders need megabytes. Those of gzip and deflate need 32 KiB. */
const HEAVY_ENCODINGS = ['br', ...('createZstdDecompress' in zlib ? ['zstd'] : [])];

const ENCODINGS = ['gzip', 'deflate', ...HEAVY_ENCODINGS].join(', ');

/**
 * Decompresses request bodies in gzip, deflate, br, and zstd if this version of Node supports it. Compresses JSON and
 * text responses in an encoding that the caller accepts, but no event streams. Applies to routes that are added after
 * it resolves.
 */
export async function compressBodies(server: FastifyInstance): Promise<void> {
  server.addHook('onRoute', (route) => {
    if (route.config?.compress === false) route.compress = false;
  });
  // Codings are case-insensitive, and x-gzip is an older name of gzip (RFC 9110, section 8.4.1).
  server.addHook('preParsing', ({ headers }, _reply, _payload, done) => {
    const encoding = headers['content-encoding']?.toLowerCase();
    if (encoding !== undefined) headers['content-encoding'] = encoding === 'x-gzip' ? 'gzip' : encoding;
    done();
  });
  await server.register(compress, {
    zlib: STRICT_DECOMPRESSORS,
    threshold: THRESHOLD_BYTES,
    customTypes: /^(?:application\/(?:json|problem\+json|x-ndjson|javascript)|text\/(?!event-stream))/,
    onUnsupportedRequestEncoding: (encoding) =>
      new Problem(415, `The content encoding ${encoding} is not supported. Send one of: ${ENCODINGS}.`, {
        headers: { 'accept-encoding': ENCODINGS },
      }),
    onInvalidRequestPayload: (encoding) =>
      Object.assign(
        new Problem(
          400,
          `The body is not valid ${encoding}. Compress it again, or send it uncompressed without Content-Encoding.`,
        ),
        { statusCode: 400 },
      ),
  });
  limitHeavyDecoders(server);
}

/** Wraps the hook with which the plugin creates decoders, so that requests without such a decoder run no further hook. */
function limitHeavyDecoders(server: FastifyInstance): void {
  const slots = new DecompressionSlots();

  server.addHook('onRoute', (route) => {
    const [decompress, ...others] = [route.preParsing ?? []].flat() as preParsingHookHandler[];
    if (!decompress) return;
    const decompressInSlot: preParsingHookHandler = function (request, reply, payload, done) {
      if (!HEAVY_ENCODINGS.includes(request.headers['content-encoding'] ?? ''))
        return decompress.call(this, request, reply, payload, done);
      const { raw } = request;
      // The request loses its socket when its body fails.
      const { socket } = raw;
      slots.take((full) => {
        if (full) return done(full);
        decompress.call(this, request, reply, payload, (error, body) => {
          const decoder = body as Readable;
          decoder.once('close', () => slots.release());
          whenClosed(reply, () => destroyUnread(raw, socket, decoder));
          done(error, decoder);
        });
      });
    };
    route.preParsing = [decompressInSlot, ...others];
  });
}

/** Destroys the decoder of a body that was rejected and is therefore not read to its end. */
function destroyUnread({ complete }: IncomingMessage, socket: Socket, decoder: Readable): void {
  if (complete || socket.destroyed) decoder.destroy();
  // This would also destroy the connection, and the client might lose the response.
  else socket.once('close', () => decoder.destroy());
}
