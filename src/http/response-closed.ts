import type { FastifyReply } from 'fastify';
import type { Socket } from 'node:net';

/**
 * Returns the connection of a response. The socket of the request or of the response may be null: after a failed body,
 * or after the response is closed.
 */
export function connectionOf({ raw, request }: FastifyReply): Socket | null {
  const socket: Socket | null = request.raw.socket;
  return socket ?? raw.socket;
}

/** Closes the connection of a response, which may be incomplete by then. */
export function disconnect(reply: FastifyReply): void {
  connectionOf(reply)?.destroy();
}

/** Calls `onClosed` once, when the operating system has taken the whole response or the connection is closed. */
export function whenClosed(reply: FastifyReply, onClosed: () => void): void {
  const { raw } = reply;
  // A pipelined response that waits behind another one emits no `close` if the connection closes.
  const socket = connectionOf(reply);
  if (!socket || socket.destroyed) return onClosed();
  const closed = () => {
    raw.off('close', closed);
    socket.off('close', closed);
    onClosed();
  };
  raw.once('close', closed);
  // Each pipelined response adds a listener. Node would warn of more than ten.
  socket.setMaxListeners(0).once('close', closed);
}

/** The client has disconnected, so no response is sent. */
export class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError';
}

/** Returns a signal that aborts with `DisconnectedError` when the response is closed. */
export function whileOpen(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  whenClosed(reply, () => controller.abort(new DisconnectedError('The client has disconnected.')));
  return controller.signal;
}
