import { Problem, type ProblemError, invalid } from '../http/problem.js';
import type { CheckedEvent } from '../queue/submission.js';
import { faultsOf } from './check-event.js';
import type { EventDto } from './event.dto.js';

export const MAX_EVENTS_PER_REQUEST = 10_000;
const MAX_ERRORS_TOLD = 100;
/** Of a payload; what reads it again must not run out of stack. */
const MAX_NESTING = 100;
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
  if (body === undefined)
    throw new Problem(400, 'The body is empty. Send an event, an array of events, or {"events": […]}.');
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
  let bytes = 0;
  for (let index = 0; index < list.length; index++) {
    const value = list[index];
    const at = single ? '' : `${pointer}/${index}`;
    const faults = faultsOf(value, at);
    const event = faults.length === 0 ? toChecked(value as SentEvent) : null;
    if (event) {
      events.push(event);
      bytes += bytesOf(event);
    } else if (faults.length > 0) {
      errors.push(...faults);
    } else {
      errors.push({
        pointer: `${at}/payload`,
        detail: `must not be nested deeper than ${MAX_NESTING} levels`,
      });
    }
  }
  const wrong = list.length - events.length;
  if (wrong > 0) {
    const told =
      errors.length > MAX_ERRORS_TOLD
        ? ` The first ${MAX_ERRORS_TOLD} errors of ${errors.length} are listed.`
        : '';
    throw invalid(
      `${wrong} of ${list.length} events ${wrong === 1 ? 'is' : 'are'} invalid; nothing was taken.${told}`,
      errors.slice(0, MAX_ERRORS_TOLD),
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

/** The event with its payload as JSON text; null where that is nested too deeply. */
function toChecked({ topic, event_id, timestamp, source, payload = {} }: SentEvent): CheckedEvent | null {
  let text: string;
  try {
    text = JSON.stringify(payload);
  } catch {
    return null; // deeper than the stack
  }
  // A level takes two characters at least.
  if (text.length > 2 * MAX_NESTING && isDeeperThan(payload, MAX_NESTING)) return null;
  return { topic, event_id, timestamp, source, payload: text };
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
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
