import type { FastifyInstance, FastifyReply } from 'fastify';
import { Buffer } from 'node:buffer';
import { type Problem, unavailable } from './problem.js';
import { connectionOf, disconnect, whenClosed } from './response-closed.js';
import { SendBudget } from './send-budget.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The budget for responses that clients have not read yet. */
    sendBudget: SendBudget;
  }
  interface FastifyReply {
    /**
     * Number of bytes that this response has reserved. Null until the response is admitted, and 0 without a
     * reservation.
     */
    reservedBytes: number | null;
    /**
     * Reserves the estimated size of the response. Throws a 503 if the budget has no room. A response with a
     * reservation is always sent, regardless of its actual size. Handlers must call this method before they change any
     * data.
     */
    reserveResponse(estimatedBytes: number): void;
  }
}

/**
 * Maximum size of a response that is sent without a reservation. A connection sends one response at a time, so these
 * responses take at most 40 MiB on 10 000 connections. Pipelined responses that are waiting for their turn always need
 * a reservation.
 */
const SMALL_BYTES = 4 * 1024;

/**
 * Limits the total size of the responses that clients have not read yet. A response that exceeds the limit is replaced
 * by a 503. Disconnects clients that read slowly if other responses need the memory. Event streams and exports reserve
 * each part separately.
 */
export function limitSending(server: FastifyInstance, totalBytes: number): void {
  const budget = new SendBudget(totalBytes);

  /**
   * Reserves the size of a response and returns whether it may be sent. The 503 that replaces a rejected response is
   * always sent.
   */
  function admit(reply: FastifyReply, bytes: number): boolean {
    reply.reservedBytes = 0;
    if (isUncounted(reply, bytes)) return true;
    if (!budget.reserve(bytes)) return false;
    hold(reply, bytes);
    return true;
  }

  function resize(reply: FastifyReply, reservedBytes: number, bytes: number): void {
    if (reservedBytes === 0 && isUncounted(reply, bytes)) return;
    budget.resize(reservedBytes, bytes);
    if (reservedBytes === 0) hold(reply, bytes);
    else reply.reservedBytes = bytes;
  }

  function hold(reply: FastifyReply, bytes: number): void {
    reply.reservedBytes = bytes;
    whenClosed(reply, () => {
      budget.release(reply.reservedBytes!);
      reply.reservedBytes = 0;
    });
  }

  server.decorate('sendBudget', budget);
  server.decorateReply('reservedBytes', null);
  server.decorateReply('reserveResponse', function (this: FastifyReply, estimatedBytes: number) {
    if (!admit(this, estimatedBytes)) throw sendingFull();
  });
  // Counts the uncompressed size, because this hook runs before the compression hook of the route.
  server.addHook('onSend', (request, reply, payload, done) => {
    const bytes = request.method === 'HEAD' ? 0 : sizeOf(payload);
    if (reply.reservedBytes !== null) resize(reply, reply.reservedBytes, bytes);
    else if (!admit(reply, bytes)) return done(sendingFull());
    // The time limit does not begin at the reservation, because the commit and the upload come after it, and an upload
    // may take minutes.
    if (reply.reservedBytes)
      whenClosed(
        reply,
        budget.limitTime(bytes, () => disconnect(reply)),
      );
    // A string would be in memory twice, because Node copies the part that the operating system does not accept
    // immediately.
    done(null, typeof payload === 'string' && bytes > SMALL_BYTES ? Buffer.from(payload) : payload);
  });
}

/** Returns whether a response is sent without a reservation. */
function isUncounted(reply: FastifyReply, bytes: number): boolean {
  // The response is small and its turn has come, or the client has disconnected and will not read it.
  return (bytes <= SMALL_BYTES && reply.raw.socket !== null) || (connectionOf(reply)?.destroyed ?? true);
}

/** Creates the 503 that replaces a response if the budget has no room. */
export function sendingFull(): Problem {
  return unavailable(
    'sending-full',
    'Too many unread responses',
    'Responses that clients have not read yet fill the memory reserved for them. The request had no effect; try again.',
  );
}

/** Returns the size of a payload in memory, which is 0 for a stream. */
function sizeOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return Buffer.isBuffer(payload) ? payload.length : 0;
}
