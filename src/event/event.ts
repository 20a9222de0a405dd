/** The deduplication key. Two events with the same key are the same event. */
export interface DedupKey {
  readonly topic: string;
  readonly event_id: string;
}

/** A valid event that has not been stored yet. */
export interface NewEvent extends DedupKey {
  /** Time of the event in RFC 3339, exactly as the publisher sent it. */
  readonly timestamp: string;
  readonly source: string;
  /** JSON text of an object, as JSON.stringify writes it, but with exact numbers (`json/exact-numbers.ts`). */
  readonly payload: string;
}

/** An event in the store. */
export interface StoredEvent extends NewEvent {
  /** Position in commit order, from 1, without gaps. */
  readonly seq: number;
  /** Time of storage in UTC, as RFC 3339 with milliseconds. Never decreases as seq rises. */
  readonly processed_at: string;
}
