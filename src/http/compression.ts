import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import zlib from 'node:zlib';
import { PUBLISH_PATH } from './bodies.js';
import { Problem } from './problem.js';

/** Below this, the header would cost more than is saved. */
const THRESHOLD_BYTES = 2048;

const ENCODINGS = ['gzip', 'deflate', 'br', ...('createZstdDecompress' in zlib ? ['zstd'] : [])].join(', ');

/** Takes bodies in gzip, deflate, br (and zstd where Node has it), and sends such to those who ask; not on publish. */
export async function compressBodies(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRoute', (route) => {
    // Its answers are mostly a hundred bytes, below the threshold: each would be looked at for nothing.
    if (route.url === PUBLISH_PATH) route.compress = false;
  });
  // Codings have no case, and gzip an older name (RFC 9110, section 8.4.1).
  fastify.addHook('onRequest', ({ headers }, _reply, done) => {
    const encoding = headers['content-encoding']?.toLowerCase();
    if (encoding !== undefined) headers['content-encoding'] = encoding === 'x-gzip' ? 'gzip' : encoding;
    done();
  });
  await fastify.register(compress, {
    threshold: THRESHOLD_BYTES,
    customTypes: /^(?:application\/(?:json|problem\+json|x-ndjson|javascript)|text\/(?!event-stream))/,
    onUnsupportedRequestEncoding: (encoding) =>
      new Problem(415, `The content encoding ${encoding} is not taken here; ${ENCODINGS} are.`, {
        headers: { 'accept-encoding': ENCODINGS },
      }),
    onInvalidRequestPayload: (encoding) =>
      Object.assign(new Problem(400, `The body is not valid ${encoding}.`), { statusCode: 400 }),
  });
}
