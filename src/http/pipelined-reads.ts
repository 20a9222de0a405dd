import type { FastifyInstance } from 'fastify';
import { takesBytes } from './media-types.js';

/**
 * Handles a pipelined read when the previous responses of its connection have been sent. Node dispatches all requests
 * that arrive together. Hundreds of pages would be read from the store and wait in memory for the client. Publish
 * requests are handled at once, because pipelined ones share a commit, and their responses are small.
 */
export function delayPipelinedReads(server: FastifyInstance): void {
  server.addHook('onRequest', (request, { raw: response }, done) => {
    // A response has no socket until the previous ones are finished. If the connection closes before, nothing waits.
    if (response.socket || takesBytes(request)) done();
    else response.once('socket', () => done());
  });
}
