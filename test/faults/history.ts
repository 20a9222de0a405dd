import type { Verdict } from '../../src/event/verdict.js';

/** An event as it was sent. */
export interface SentEvent {
  readonly topic: string;
  readonly event_id: string;
  readonly timestamp: string;
  /** Names the attempt: a stored event keeps the source of the first, so a row tells who stored it. */
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a publisher knows of one request. */
export type Answer =
  /** 200: on disk, and what became of each event. */
  | { readonly kind: 'verdicts'; readonly verdicts: readonly Verdict[] }
  /** 202; `due` once the service has ended in order or its queue was seen empty, so that it must be stored. */
  | { readonly kind: 'queued'; due: boolean }
  /** 4xx, or 503 because nothing could be taken: must leave no trace. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The connection broke, or the store failed: stored or not, and both are right. */
  | { readonly kind: 'unknown' }
  /** What the service must never answer to this request, or no response at all. */
  | { readonly kind: 'unexpected'; readonly told: string };

/** One request and its answer. */
export interface Attempt {
  /** The valid events of the request, in the order sent; of a refused one, all that could have slipped in. */
  readonly events: readonly SentEvent[];
  /** Unknown until it is answered. */
  answer: Answer;
}

/** What a key is called in findings, and looked up by; neither part can hold a line break. */
export function keyOf({ topic, event_id }: { readonly topic: string; readonly event_id: string }): string {
  return `${topic}\n${event_id}`;
}

/** Events that were answered 200. */
export function acknowledgedIn(history: readonly Attempt[]): number {
  let count = 0;
  for (const { events, answer } of history) if (answer.kind === 'verdicts') count += events.length;
  return count;
}
