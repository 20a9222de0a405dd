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
    /** Bytes of the budget that this response holds until it is closed; null until it is admitted. */
    reservedBytes: number | null;
    /**
     * Reserves the estimated size of the response, which is then not rejected, whatever its actual size. Throws a 503 if
     * there is no room. A handler calls it before it changes anything.
     */
    reserveResponse(estimatedBytes: number): void;
  }
}

/**
 * Maximum size of a response that is sent without a reservation. A connection sends one response at a time, so all of
 * them take at most 40 MiB on 10 000 connections. Pipelined responses that wait for their turn always need one.
 */
const SMALL_BYTES = 4 * 1024;

/**
 * Bounds the bytes of all responses that clients have not read yet. A response for which there is no room becomes a
 * 503. Disconnects clients that read slowly, if others need the room. Streams of events and exports reserve each part
 * themselves.
 */
export function limitSending(server: FastifyInstance, totalBytes: number): void {
  const budget = new SendBudget(totalBytes);

  /** Reserves room and returns whether the response may be sent. The problem that replaces it is always sent. */
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
  // Runs before the hook that compresses, which belongs to each route. Counts the uncompressed size.
  server.addHook('onSend', (request, reply, payload, done) => {
    const bytes = request.method === 'HEAD' ? 0 : sizeOf(payload);
    if (reply.reservedBytes !== null) resize(reply, reply.reservedBytes, bytes);
    else if (!admit(reply, bytes)) return done(sendingFull());
    // Time counts from here, because a publisher waits for its commit, and an upload may take minutes.
    if (reply.reservedBytes)
      whenClosed(
        reply,
        budget.limitTime(bytes, () => disconnect(reply)),
      );
    // A string would be kept twice: Node copies the part that the operating system does not take at once.
    done(null, typeof payload === 'string' && bytes > SMALL_BYTES ? Buffer.from(payload) : payload);
  });
}

/** Returns whether a response is sent without a reservation. */
function isUncounted(reply: FastifyReply, bytes: number): boolean {
  // It is small and its turn has come, or the client has disconnected and does not read it.
  return (bytes <= SMALL_BYTES && reply.raw.socket !== null) || (connectionOf(reply)?.destroyed ?? true);
}

/** Creates the 503 for a response without room. */
export function sendingFull(): Problem {
  return unavailable(
    'sending-full',
    'Too many unread responses',
    'Responses that clients have not read yet fill the memory reserved for them. The request had no effect; try again.',
  );
}

/** Returns the size of a payload. A stream has none: it is not in memory. */
function sizeOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return Buffer.isBuffer(payload) ? payload.length : 0;
}
