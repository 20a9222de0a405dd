import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import zlib from 'node:zlib';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False for a route whose responses are usually below the threshold. Checking each would cost more than it saves. */
    compress?: false;
  }
}

/** Below this size, compression saves less than it costs. */
const THRESHOLD_BYTES = 2048;

const ENCODINGS = ['gzip', 'deflate', 'br', ...('createZstdDecompress' in zlib ? ['zstd'] : [])].join(', ');

/**
 * Decompresses request bodies in gzip, deflate, br, and zstd if Node has it. Compresses responses if the caller
 * accepts one of them. Resolves when the hooks are in place; routes added earlier would miss them.
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
    threshold: THRESHOLD_BYTES,
    customTypes: /^(?:application\/(?:json|problem\+json|x-ndjson|javascript)|text\/(?!event-stream))/,
    onUnsupportedRequestEncoding: (encoding) =>
      new Problem(415, `The content encoding ${encoding} is not supported. Send one of: ${ENCODINGS}.`, {
        headers: { 'accept-encoding': ENCODINGS },
      }),
    onInvalidRequestPayload: (encoding) =>
      Object.assign(new Problem(400, `The body is not valid ${encoding}.`), { statusCode: 400 }),
  });
}
