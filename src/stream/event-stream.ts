import type { FastifyReply } from 'fastify';
import { invalid } from '../http/problem.js';
import type { LiveStreams } from './live-streams.js';
import type { StreamQuery } from './stream.query.js';

/** Takes the response out of the framework's hands and opens a stream on it; throws a 422 for a bad Last-Event-ID. */
export function startEventStream(
  streams: LiveStreams,
  { after, ...selection }: StreamQuery,
  lastEventId: string | undefined,
  reply: FastifyReply,
): void {
  const cursor = lastEventId ? readCursor(lastEventId) : after;
  reply.hijack();
  reply.raw.writeHead(200, {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
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
