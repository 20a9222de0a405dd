import type { Submission } from '../../event/submission.js';
import { OUTCOMES, type Verdict } from '../../event/verdict.js';

/*
 * Batches cross the thread boundary as flat arrays, which structured clone copies five times faster than objects.
 * This saves 10 % of the CPU time per event in batches of 1000, and nothing for single events.
 */

/** Number of values per event: topic, event_id, timestamp, source and payload. */
const VALUES_PER_EVENT = 5;

/** Encodes the events of a batch as one array of values. */
export function encodeEvents(batch: readonly Submission[]): string[] {
  const values: string[] = [];
  for (const { events } of batch) {
    for (const { topic, event_id, timestamp, source, payload } of events) {
      values.push(topic, event_id, timestamp, source, payload);
    }
  }
  return values;
}

/** The verdicts of a batch, as two arrays with one element per event. */
export interface EncodedVerdicts {
  /** Indexes into `OUTCOMES`. */
  readonly outcomes: Uint8Array;
  readonly seqs: Float64Array;
}

type Decide = (topic: string, eventId: string, timestamp: string, source: string, payload: string) => Verdict;

/** Calls `decide` for each encoded event in order and encodes its verdicts. */
export function mapEvents(values: readonly string[], decide: Decide): EncodedVerdicts {
  const size = values.length / VALUES_PER_EVENT;
  const outcomes = new Uint8Array(size);
  const seqs = new Float64Array(size);
  for (let index = 0, at = 0; index < size; index++, at += VALUES_PER_EVENT) {
    const { outcome, seq } = decide(
      values[at]!,
      values[at + 1]!,
      values[at + 2]!,
      values[at + 3]!,
      values[at + 4]!,
    );
    outcomes[index] = OUTCOMES.indexOf(outcome);
    seqs[index] = seq;
  }
  return { outcomes, seqs };
}

export function decodeVerdicts({ outcomes, seqs }: EncodedVerdicts): Verdict[] {
  return Array.from(outcomes, (code, index) => ({ outcome: OUTCOMES[code]!, seq: seqs[index]! }));
}
