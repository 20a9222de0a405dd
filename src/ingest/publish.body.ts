import { Problem, type ProblemError, invalid } from '../http/problem.js';
import type { CheckedEvent } from '../queue/submission.js';
import { faultsOf } from './check-event.js';
import type { EventDto } from './event.dto.js';

export const MAX_EVENTS_PER_REQUEST = 10_000;
const MAX_ERRORS_TOLD = 100;
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
 * Reads one event, an array of them, or `{"events": […]}`. All are checked before any is taken.
 * Throws a 422 that names each wrong one, or 413 for too many.
 */
export function readPublishBody(body: unknown): PublishBody {
  const { values, pointer } = listEvents(body);
  const single = values === undefined;
  const list = values ?? [body];
  if (list.length === 0)
    throw invalid('The batch is empty; send at least one event.', [{ pointer, detail: 'must not be empty' }]);
  if (list.length > MAX_EVENTS_PER_REQUEST) {
    throw new Problem(
      413,
      `${list.length} events are more than the ${MAX_EVENTS_PER_REQUEST} that one request may carry. Split the batch.`,
    );
  }

  const events: CheckedEvent[] = [];
  const errors: ProblemError[] = [];
  let invalidEvents = 0;
  let bytes = 0;
  for (const [index, value] of list.entries()) {
    const faults = faultsOf(value, single ? '' : `${pointer}/${index}`);
    if (faults.length > 0) {
      invalidEvents++;
      if (errors.length < MAX_ERRORS_TOLD) errors.push(...faults);
      continue;
    }
    const event = toChecked(value as SentEvent);
    events.push(event);
    bytes += bytesOf(event);
  }
  if (invalidEvents > 0) {
    throw invalid(
      `${invalidEvents} of ${list.length} events ${invalidEvents === 1 ? 'is' : 'are'} invalid; nothing was taken.`,
      errors,
    );
  }
  return { events, bytes, single };
}

/** What passed the check, as it was sent: the payload may be missing. */
type SentEvent = Omit<EventDto, 'payload'> & Partial<Pick<EventDto, 'payload'>>;

function listEvents(body: unknown): { values?: unknown[]; pointer: string } {
  if (Array.isArray(body)) return { values: body, pointer: '' };
  const isBatch = typeof body === 'object' && body !== null && 'events' in body && !('event_id' in body);
  if (!isBatch) return { pointer: '' };
  if (Array.isArray(body.events)) return { values: body.events, pointer: '/events' };
  throw invalid('"events" is not an array of events.', [
    { pointer: '/events', detail: 'must be an array of events' },
  ]);
}

function toChecked({ topic, event_id, timestamp, source, payload = {} }: SentEvent): CheckedEvent {
  return { topic, event_id, timestamp, source, payload: JSON.stringify(payload) };
}

function bytesOf({ topic, event_id, timestamp, source, payload }: CheckedEvent): number {
  return (
    OVERHEAD_BYTES_PER_EVENT +
    topic.length +
    event_id.length +
    timestamp.length +
    source.length +
    payload.length
  );
}
