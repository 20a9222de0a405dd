import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Limits for reading from a connection that is being closed. */
const MAX_LINGER_MS = 2_000;
const MAX_LINGER_BYTES = 64 * 1024 * 1024;

/**
 * Closes a connection whose client may still be sending (RFC 9112, section 9.6). Half-closes the connection, then
 * discards what arrives until the client closes its side or a limit is reached. If the connection were closed with unread
 * bytes, the kernel would reset it, and the client would lose the response.
 */
export function lingerAndClose(socket: Socket, maxMs = MAX_LINGER_MS): void {
  // Detaches the HTTP parser, because no further request of this connection may be processed.
  socket.removeAllListeners('data');
  const readBefore = socket.bytesRead;
  socket.on('data', () => {
    if (socket.bytesRead - readBefore > MAX_LINGER_BYTES) socket.destroy();
  });
  socket.end();
  socket.resume();
  // Restarts reading from the handle if the parser has stopped it. resume() has no effect, because the stream is still
  // marked as reading.
  // oxlint-disable-next-line no-underscore-dangle
  socket._read(0);
  const timer = setTimeout(() => socket.destroy(), maxMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** Delays the close after a response with `Connection: close` if part of the request has not been received yet. */
export function lingerAfter(response: ServerResponse): void {
  // Runs before Node's own listener, which closes the connection with destroySoon().
  response.prependOnceListener('finish', () => {
    const { req, socket } = response;
    if (socket && !req.complete) socket.destroySoon = () => lingerAndClose(socket);
  });
}

/**
 * Closes the connection after the response if part of the request is unread. Otherwise the service would have to
 * receive the rest. If the client omits the rest, as with `Expect: 100-continue`, its next request would be parsed as
 * the body.
 */
export function closeIfUnread(reply: FastifyReply): void {
  if (reply.request.raw.complete) return;
  reply.header('connection', 'close');
  lingerAfter(reply.raw);
}
