import type { NewEvent } from '../../event/event.js';
import type { Submission, SubmissionId } from '../../event/submission.js';
import type { Verdict } from '../../event/verdict.js';

/** Events that are committed together and recorded under one id, so that committing them again changes nothing. */
export interface Unit {
  readonly id: SubmissionId;
  readonly events: readonly NewEvent[];
}

/** A batch in the order of `commit_events`. */
export interface OrderedBatch {
  /** The first event of each key, then the repetitions of these keys. */
  readonly events: readonly NewEvent[];
  /** The index in the batch of each of these events. */
  readonly indexes: readonly number[];
  /** Number of keys. */
  readonly firsts: number;
  /** Number of keys up to the end of each unit. */
  readonly ends: readonly number[];
}

/** The events that were not stored, in ascending order of `n`: their position from 1. All arrays are null if empty. */
export interface Dropped {
  readonly n: readonly number[] | null;
  readonly seq: readonly number[] | null;
  readonly conflict: readonly boolean[] | null;
}

/** Divides a batch into units. Consecutive submissions without an id share one of the ids that `nextId` returns. */
export function toUnits(batch: readonly Submission[], nextId: () => SubmissionId): Unit[] {
  const units: { id: SubmissionId; events: NewEvent[] }[] = [];
  let open = false;
  for (const { id, events } of batch) {
    if (!open || id) units.push({ id: id ?? nextId(), events: [] });
    open = !id;
    const unit = units.at(-1)!;
    for (const event of events) unit.events.push(event);
  }
  return units;
}

/** Moves the repetitions of a key to the end. The order is unchanged otherwise. */
export function orderByKey(units: readonly Unit[]): OrderedBatch {
  const keys = new Set<string>();
  const firsts: [NewEvent, number][] = [];
  const repetitions: [NewEvent, number][] = [];
  const ends: number[] = [];
  let index = 0;
  for (const { events } of units) {
    for (const event of events) {
      // Names have no control characters.
      const key = `${event.topic}\n${event.event_id}`;
      (keys.has(key) ? repetitions : firsts).push([event, index++]);
      keys.add(key);
    }
    ends.push(keys.size);
  }
  const ordered = [...firsts, ...repetitions];
  return {
    events: ordered.map(([event]) => event),
    indexes: ordered.map(([, at]) => at),
    firsts: keys.size,
    ends,
  };
}

/** Returns the verdicts in the order of the batch. The stored events have consecutive seqs that end with `lastSeq`. */
export function toVerdicts(
  { indexes }: OrderedBatch,
  { n, seq, conflict }: Dropped,
  stored: number,
  lastSeq: number,
): Verdict[] {
  const verdicts = Array.from<Verdict>({ length: indexes.length });
  let nextSeq = lastSeq - stored + 1;
  let dropped = 0;
  for (const [position, index] of indexes.entries()) {
    if (n?.[dropped] === position + 1) {
      verdicts[index] = { outcome: conflict![dropped] ? 'conflict' : 'duplicate', seq: seq![dropped]! };
      dropped++;
    } else {
      verdicts[index] = { outcome: 'stored', seq: nextSeq++ };
    }
  }
  return verdicts;
}
