import type { NewEvent } from '../event/event.js';
import { countOutcomes, type Verdict } from '../event/verdict.js';
import type { PublishedLines } from './ndjson.dto.js';
import type { PublishedBatch, PublishedEvent, QueuedBatch, QueuedEvent } from './publish.dto.js';

export type PublishResponse = PublishedEvent | PublishedBatch | QueuedEvent | QueuedBatch | PublishedLines;

/** Size of a response and of one result, without the topics and event_ids that they repeat. */
const BASE_BYTES = 512;
const BASE_BYTES_PER_RESULT = 96;
/** Maximum size of a UTF-16 code unit in UTF-8. JSON escapes are shorter, because names have no control characters. */
const BYTES_PER_CODE_UNIT = 3;
/** Estimated size of the response to an upload whose lines are mostly valid. The response lists at most 100 errors. */
export const UPLOAD_RESPONSE_BYTES = 64 * 1024;

/** Estimates the size of the response to these events. The estimate is at least the actual size. */
export function estimateResponseBytes(
  events: readonly NewEvent[],
  single: boolean,
  withResults: boolean,
): number {
  if (single) return BASE_BYTES + events[0]!.event_id.length * BYTES_PER_CODE_UNIT;
  if (!withResults) return BASE_BYTES;
  let codeUnits = 0;
  for (const { topic, event_id } of events) codeUnits += topic.length + event_id.length;
  return BASE_BYTES + events.length * BASE_BYTES_PER_RESULT + codeUnits * BYTES_PER_CODE_UNIT;
}

/** Returns the response to one event, with its verdict. */
export function eventResponse(
  { event_id }: NewEvent,
  { outcome, seq }: Verdict,
  received_at: string,
): PublishedEvent {
  const message = {
    stored: `stored as event ${seq}`,
    duplicate: `already stored as event ${seq}; not stored again`,
    conflict: `not stored: event ${seq} has the same topic and event_id but a different payload`,
  }[outcome];
  return { status: 'accepted', message, event_id, received_at, outcome, seq };
}

/** Returns the response to a batch, which contains the totals and, unless `minimal`, each verdict. */
export function batchResponse(
  events: readonly NewEvent[],
  verdicts: readonly Verdict[],
  received_at: string,
  minimal: boolean,
): PublishedBatch {
  const counts = { stored: 0, duplicates: 0, conflicts: 0 };
  countOutcomes(verdicts, counts);
  return {
    status: 'accepted',
    message: `stored: ${counts.stored}, duplicates: ${counts.duplicates}, conflicts: ${counts.conflicts}`,
    received_at,
    received: events.length,
    ...counts,
    ...(!minimal && {
      results: events.map(({ topic, event_id }, index) => ({ topic, event_id, ...verdicts[index]! })),
    }),
  };
}

/** Returns the response to events that are queued and not stored yet. */
export function queuedResponse(
  events: readonly NewEvent[],
  single: boolean,
  received_at: string,
): QueuedEvent | QueuedBatch {
  const common = {
    status: 'accepted',
    message: 'queued, not yet stored',
    received_at,
    outcome: 'queued',
  } as const;
  return single ? { ...common, event_id: events[0]!.event_id } : { ...common, received: events.length };
}
