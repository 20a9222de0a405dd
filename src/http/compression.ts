import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

/** Below this, the header would cost more than is saved. */
const THRESHOLD_BYTES = 2048;

/** Takes bodies in gzip, deflate, br (and zstd where Node has it), and sends such to those who ask; not on publish. */
export async function compressBodies(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRoute', (route) => {
    // Its answers are mostly a hundred bytes, below the threshold: each would be looked at for nothing.
    if (route.url === '/publish') route.compress = false;
  });
  await fastify.register(compress, {
    threshold: THRESHOLD_BYTES,
    customTypes: /^(?:application\/(?:json|problem\+json|x-ndjson|javascript)|text\/(?!event-stream))/,
    onUnsupportedRequestEncoding: (encoding) =>
      new Problem(415, `The content encoding ${encoding} is not taken here; gzip, deflate and br are.`),
    onInvalidRequestPayload: (encoding) =>
      Object.assign(new Problem(400, `The body is not valid ${encoding}.`), { statusCode: 400 }),
  });
}
