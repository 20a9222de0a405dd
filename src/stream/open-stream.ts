import type { FastifyReply } from 'fastify';
import { invalid, Problem } from '../http/problem.js';
import type { LiveStreams } from './live-streams.js';
import type { StreamQuery } from './stream.query.js';

/**
 * Takes the response out of the framework's hands and opens a stream on it. Throws a 422 for a cursor that is none,
 * or is of another database: whoever waits there would wait for ever, and not know why.
 */
export async function startEventStream(
  streams: LiveStreams,
  { after, ...selection }: StreamQuery,
  lastEventId: string | undefined,
  reply: FastifyReply,
): Promise<void> {
  // Behind another answer it would never begin, and nobody would learn that the client has left.
  if (!reply.raw.socket) throw new Problem(400, 'A stream takes a connection of its own.');
  const cursor = lastEventId ? readCursor(lastEventId) : after;
  if (cursor !== undefined && !(await streams.hasReached(cursor))) {
    throw invalid('The cursor is beyond the last event; it may be of another database.', [
      { pointer: lastEventId ? 'Last-Event-ID' : 'after', detail: 'must not be beyond the last event' },
    ]);
  }
  reply.hijack();
  reply.raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx and its likes would gather events until their buffer is full.
    'x-accel-buffering': 'no',
  } as Record<string, string>);
  if (reply.request.method === 'HEAD') reply.raw.end();
  else streams.open(reply.raw, selection, cursor);
}

function readCursor(lastEventId: string): number {
  const cursor = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : NaN;
  if (Number.isSafeInteger(cursor)) return cursor;
  throw invalid('The Last-Event-ID is not one of this stream.', [
    { pointer: 'Last-Event-ID', detail: 'must be the id of an event of this stream: a whole number' },
  ]);
}
