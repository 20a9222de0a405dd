import type { FastifyReply } from 'fastify';
import type { Socket } from 'node:net';

/**
 * Returns the connection of a response. The socket of the request may be null after its body has failed. The socket of
 * the response may be null before its turn and after it is closed.
 */
export function connectionOf({ raw, request }: FastifyReply): Socket | null {
  const socket: Socket | null = request.raw.socket;
  return socket ?? raw.socket;
}

/** Closes the connection of a response, even if the response is incomplete. */
export function disconnect(reply: FastifyReply): void {
  connectionOf(reply)?.destroy();
}

/** Calls `onClosed` once, when the operating system has accepted the whole response or the connection is closed. */
export function whenClosed(reply: FastifyReply, onClosed: () => void): void {
  const { raw } = reply;
  // A pipelined response that waits for an earlier one does not emit `close` when the connection closes.
  const socket = connectionOf(reply);
  if (!socket || socket.destroyed) return onClosed();
  const closed = () => {
    raw.off('close', closed);
    socket.off('close', closed);
    onClosed();
  };
  raw.once('close', closed);
  // Each pipelined response adds a listener, and Node would warn about more than ten.
  socket.setMaxListeners(0).once('close', closed);
}

/** Indicates that the client has disconnected, so no response is sent. */
export class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError';
}

/** Returns a signal that aborts with `DisconnectedError` when the response is closed. */
export function whileOpen(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  whenClosed(reply, () => controller.abort(new DisconnectedError('The client has disconnected.')));
  return controller.signal;
}
