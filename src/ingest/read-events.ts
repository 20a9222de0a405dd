import type { IncomingHttpHeaders } from 'node:http';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid, MAX_REPORTED_ERRORS, Problem } from '../http/problem.js';
import { anotherTurn } from './turns.js';
import { checkEvent } from './check-event.js';
import { listCloudEvents } from './cloud-events.js';
import { type ListedEvents, MAX_EVENTS_PER_REQUEST } from './listed-events.js';
import type { NewEvent } from '../event/event.js';

/** Some 1600 events of the usual size, checked in about 3 ms; then what else is due has its turn. */
const BYTES_PER_TURN = 512 * 1024;
/** Objects, strings' headers and array slots, beside the characters themselves. */
const OVERHEAD_BYTES_PER_EVENT = 200;

/** The events of one request, all of them valid. */
export interface PublishBody {
  readonly events: readonly NewEvent[];
  /** What they take in memory, about. */
  readonly bytes: number;
  /** Whether the request was one event, not an array of one. */
  readonly single: boolean;
}

/**
 * Reads one event, an array of them, `{"events": […]}`, or CloudEvents. All are checked before any is taken.
 * Throws a 422 that names each wrong one, or 413 for too many.
 */
export async function readPublishBody(body: unknown, headers: IncomingHttpHeaders): Promise<PublishBody> {
  const { values, single, pointer, check } = listCloudEvents(body, headers) ?? listEvents(body);
  checkCount(values, pointer);
  const events: NewEvent[] = [];
  const errors: FieldProblem[] = [];
  let wrong = 0;
  let bytes = 0;
  let turnEnds = BYTES_PER_TURN;
  for (let index = 0; index < values.length; index++) {
    if (bytes > turnEnds) {
      turnEnds = bytes + BYTES_PER_TURN;
      await anotherTurn();
    }
    const event = check(values[index], single ? pointer : `${pointer}/${index}`);
    if (Array.isArray(event)) {
      wrong++;
      if (errors.push(...event) >= MAX_REPORTED_ERRORS) break;
    } else {
      events.push(event);
      bytes += bytesOf(event);
    }
  }
  if (wrong > 0) throw refusal(wrong, values.length, errors);
  return { events, bytes, single };
}

/** Throws where there are none, or too many for one request. */
function checkCount(values: readonly unknown[], pointer: string): void {
  if (values.length === 0) {
    throw invalid('The batch is empty; send at least one event.', [{ pointer, detail: 'must not be empty' }]);
  }
  if (values.length <= MAX_EVENTS_PER_REQUEST) return;
  throw new Problem(
    413,
    `${values.length} events are more than the ${MAX_EVENTS_PER_REQUEST} that one request may carry. Split the batch.`,
  );
}

/** The 422 of a batch of which some events are wrong. */
function refusal(wrong: number, all: number, errors: FieldProblem[]): Problem {
  const cut = errors.length >= MAX_REPORTED_ERRORS;
  return invalid(
    `${cut ? 'At least ' : ''}${wrong} of ${all} events ${wrong === 1 ? 'is' : 'are'} invalid; nothing was taken.` +
      (cut ? ` The first ${MAX_REPORTED_ERRORS} errors are listed.` : ''),
    errors.slice(0, MAX_REPORTED_ERRORS),
  );
}

/** What an event takes in memory, about. */
export function bytesOf({ topic, event_id, timestamp, source, payload }: NewEvent): number {
  const characters = topic.length + event_id.length + timestamp.length + source.length + payload.length;
  return OVERHEAD_BYTES_PER_EVENT + characters;
}

function listEvents(body: unknown): ListedEvents {
  if (body === undefined) {
    throw new Problem(400, 'The body is empty. Send an event, an array of events, or {"events": […]}.');
  }
  if (Array.isArray(body)) return { values: body, single: false, pointer: '', check: checkEvent };
  const isBatch = typeof body === 'object' && body !== null && 'events' in body && !('event_id' in body);
  if (!isBatch) return { values: [body], single: true, pointer: '', check: checkEvent };
  if (Array.isArray(body.events)) {
    return { values: body.events, single: false, pointer: '/events', check: checkEvent };
  }
  throw invalid('"events" is not an array of events.', [
    { pointer: '/events', detail: 'must be an array of events' },
  ]);
}
