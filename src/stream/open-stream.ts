import type { FastifyReply } from 'fastify';
import { invalid } from '../http/problem.js';
import type { LiveStreams } from './live-streams.js';
import type { StreamQuery } from './stream.query.js';

/**
 * Opens a stream on the raw response, without Fastify. Throws a 422 if the cursor is malformed or beyond the last
 * event. A cursor beyond the last event may come from another database. Its subscriber would receive nothing.
 */
export async function openStream(
  streams: LiveStreams,
  { after, ...selection }: StreamQuery,
  lastEventId: string | undefined,
  reply: FastifyReply,
): Promise<void> {
  const cursor = lastEventId ? readCursor(lastEventId) : after;
  if (cursor !== undefined && !(await streams.hasReached(cursor))) {
    throw invalid('The cursor is beyond the last event. It may come from another database.', [
      { pointer: lastEventId ? 'Last-Event-ID' : 'after', detail: 'must not be beyond the last event' },
    ]);
  }
  reply.hijack();
  reply.raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // Without this header, nginx and other proxies buffer the stream.
    'x-accel-buffering': 'no',
  } as Record<string, string>);
  closeWithApiKey(reply);
  if (reply.request.method === 'HEAD') reply.raw.end();
  else streams.open(reply.raw, reply.server.sendBudget, selection, cursor);
}

/** Closes the connection when the API key expires or is removed. */
function closeWithApiKey({ raw, request }: FastifyReply): void {
  if (!request.apiKey) return;
  const closed = new AbortController();
  raw.once('close', () => closed.abort());
  request.apiKey.whenEnded(() => raw.destroy(), closed.signal);
}

function readCursor(lastEventId: string): number {
  const cursor = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : NaN;
  if (Number.isSafeInteger(cursor)) return cursor;
  throw invalid('The header Last-Event-ID is invalid.', [
    { pointer: 'Last-Event-ID', detail: 'must be the id of an event of this stream: a whole number' },
  ]);
}
