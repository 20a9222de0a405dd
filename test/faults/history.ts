import type { Verdict } from '../../src/event/verdict.js';

/** An event in a request. */
export interface SentEvent {
  readonly topic: string;
  readonly event_id: string;
  readonly timestamp: string;
  /** Identifies the attempt. The source of a row is that of the attempt that stored it. */
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Result of one request, from the publisher's view. */
export type AttemptResult =
  /** Response 200: all events are durable, each with a verdict. */
  | { readonly kind: 'verdicts'; readonly verdicts: readonly Verdict[] }
  /** Response 202. `due` after a graceful shutdown or when the queue was empty, so that the events must be stored. */
  | { readonly kind: 'queued'; due: boolean }
  /** Response 4xx, or a 503 that accepted no event. None of the events may be stored or counted. */
  | { readonly kind: 'rejected'; readonly status: number }
  /** Lost connection or failed store. The events may be stored or not. */
  | { readonly kind: 'unknown' }
  /** Invalid response to this request, or a timeout. */
  | { readonly kind: 'unexpected'; readonly detail: string };

/** A request and its result. */
export interface Attempt {
  /** Valid events of the request, in order. A rejected request must store none of them. */
  readonly events: readonly SentEvent[];
  /** `unknown` until the response arrives. */
  result: AttemptResult;
}

/** Returns an unambiguous text for a dedup key. Neither part can contain a line break. */
export function keyOf({ topic, event_id }: { readonly topic: string; readonly event_id: string }): string {
  return `${topic}\n${event_id}`;
}

/** Returns the number of events in requests with a 200. */
export function acknowledgedIn(history: readonly Attempt[]): number {
  let count = 0;
  for (const { events, result } of history) if (result.kind === 'verdicts') count += events.length;
  return count;
}
