import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { takesBytes } from './media-types.js';

/**
 * Maximum number of requests on one connection that wait for an earlier response. When the connection closes, Node
 * aborts them in quadratic time.
 */
const MAX_WAITING_PER_CONNECTION = 1_000;
/** Maximum number of waiting requests on all connections. Each takes 2.5 KiB of memory, and 12 µs to abort. */
const MAX_WAITING = 20_000;

/**
 * Limits pipelining. Node dispatches all requests of a connection as they arrive, even if earlier responses are still
 * pending. Closes a connection that exceeds either maximum.
 *
 * A read request is handled after the previous responses of its connection have been sent. Otherwise, hundreds of pages
 * could be read from the store and wait in memory for the client. Publish requests are handled immediately, because
 * pipelined ones share a commit and their responses are small.
 */
export function limitPipelining(server: FastifyInstance): void {
  const waiting = new WaitingRequests();
  server.addHook('onRequest', (request, { raw: response }, done) => {
    // A response has no socket until the previous responses are finished. If the connection closes first, a waiting
    // read is dropped.
    if (response.socket) {
      done();
    } else if (waiting.add(request.raw, response)) {
      if (takesBytes(request)) done();
      else response.once('socket', () => done());
    }
  });
}

/** Counts the requests that wait for an earlier response. */
class WaitingRequests {
  private readonly byConnection = new Map<Socket, number>();
  private total = 0;

  /**
   * Counts a request until it is the turn of its response. Closes the connection and returns false if too many requests
   * wait.
   */
  add({ socket }: IncomingMessage, response: ServerResponse): boolean {
    // Node also parses the remaining requests of a chunk after the connection is closed.
    if (socket.destroyed) return false;
    const count = this.byConnection.get(socket);
    if (count === MAX_WAITING_PER_CONNECTION || this.total === MAX_WAITING) {
      socket.destroy();
      return false;
    }
    if (count === undefined) socket.once('close', () => this.forget(socket));
    this.byConnection.set(socket, (count ?? 0) + 1);
    this.total++;
    response.once('socket', () => this.release(socket));
    return true;
  }

  private release(socket: Socket): void {
    const count = this.byConnection.get(socket);
    if (count === undefined) return;
    this.byConnection.set(socket, count - 1);
    this.total--;
  }

  private forget(socket: Socket): void {
    this.total -= this.byConnection.get(socket) ?? 0;
    this.byConnection.delete(socket);
  }
}
