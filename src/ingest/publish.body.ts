import type { IncomingHttpHeaders } from 'node:http';
import { invalid, Problem, type ProblemError } from '../http/problem.js';
import type { CheckedEvent } from '../queue/submission.js';
import { checkEvent } from './check-event.js';
import { isCloudEvent, listCloudEvents } from './cloud-events.js';
import { checkCount, type ListedEvents, refusal } from './listed-events.js';

/** Objects, strings' headers and array slots, beside the characters themselves. */
const OVERHEAD_BYTES_PER_EVENT = 200;

/** The events of one request, all of them valid. */
export interface PublishBody {
  readonly events: readonly CheckedEvent[];
  /** What they take in memory, about. */
  readonly bytes: number;
  /** Whether the request was one event, not an array of one. */
  readonly single: boolean;
}

/**
 * Reads one event, an array of them, `{"events": […]}`, or CloudEvents. All are checked before any is taken.
 * Throws a 422 that names each wrong one, or 413 for too many.
 */
export function readPublishBody(body: unknown, headers: IncomingHttpHeaders): PublishBody {
  const { values, single, pointer } = isCloudEvent(headers)
    ? listCloudEvents(body, headers)
    : listEvents(body);
  checkCount(values, pointer);
  const events: CheckedEvent[] = [];
  const errors: ProblemError[] = [];
  let bytes = 0;
  for (let index = 0; index < values.length; index++) {
    const event = checkEvent(values[index], single ? pointer : `${pointer}/${index}`);
    if (Array.isArray(event)) {
      errors.push(...event);
    } else {
      events.push(event);
      bytes += bytesOf(event);
    }
  }
  if (errors.length > 0) throw refusal(values.length - events.length, values.length, errors);
  return { events, bytes, single };
}

/** What an event takes in memory, about. */
export function bytesOf({ topic, event_id, timestamp, source, payload }: CheckedEvent): number {
  const characters = topic.length + event_id.length + timestamp.length + source.length + payload.length;
  return OVERHEAD_BYTES_PER_EVENT + characters;
}

function listEvents(body: unknown): ListedEvents {
  if (body === undefined) {
    throw new Problem(400, 'The body is empty. Send an event, an array of events, or {"events": […]}.');
  }
  if (Array.isArray(body)) return { values: body, single: false, pointer: '' };
  const isBatch = typeof body === 'object' && body !== null && 'events' in body && !('event_id' in body);
  if (!isBatch) return { values: [body], single: true, pointer: '' };
  if (Array.isArray(body.events)) return { values: body.events, single: false, pointer: '/events' };
  throw invalid('"events" is not an array of events.', [
    { pointer: '/events', detail: 'must be an array of events' },
  ]);
}
