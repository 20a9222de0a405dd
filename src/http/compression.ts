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
     * `false` disables compression of the route's responses. Use it if most responses are below the threshold, because
     * checking each response would then cost more than compression saves.
     */
    compress?: false;
  }
}

/** Minimum size of a response to compress. Compressing a smaller response costs more than it saves. */
const THRESHOLD_BYTES = 2048;

/** Encodings whose decoders need megabytes of memory. The decoders of gzip and deflate need 32 KiB. */
const HEAVY_ENCODINGS = ['br', ...('createZstdDecompress' in zlib ? ['zstd'] : [])];

const ENCODINGS = ['gzip', 'deflate', ...HEAVY_ENCODINGS].join(', ');

/**
 * Decompresses request bodies that are encoded with gzip, deflate, br, or zstd if this version of Node supports it.
 * Compresses JSON and text responses, except event streams, with an encoding that the caller accepts. Applies only to
 * routes that are added after the returned promise resolves.
 */
export async function compressBodies(server: FastifyInstance): Promise<void> {
  server.addHook('onRoute', (route) => {
    if (route.config?.compress === false) route.compress = false;
  });
  // Content codings are case-insensitive, and x-gzip is an alias of gzip (RFC 9110, section 8.4.1).
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

/**
 * Limits the number of heavy decoders. Wraps the plugin's preParsing hook, which creates the decoders, because a
 * separate hook would also run for all other requests.
 */
function limitHeavyDecoders(server: FastifyInstance): void {
  const slots = new DecompressionSlots();

  server.addHook('onRoute', (route) => {
    const [decompress, ...others] = [route.preParsing ?? []].flat() as preParsingHookHandler[];
    if (!decompress) return;
    const decompressInSlot: preParsingHookHandler = function (request, reply, payload, done) {
      if (!HEAVY_ENCODINGS.includes(request.headers['content-encoding'] ?? ''))
        return decompress.call(this, request, reply, payload, done);
      const { raw } = request;
      // The socket is saved here, because `raw.socket` is null after the body has failed.
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

/** Destroys the decoder of a rejected body, which is not read to its end. */
function destroyUnread({ complete }: IncomingMessage, socket: Socket, decoder: Readable): void {
  if (complete || socket.destroyed) decoder.destroy();
  // Destroying the decoder now would also destroy the connection, and the client might lose the response.
  else socket.once('close', () => decoder.destroy());
}
