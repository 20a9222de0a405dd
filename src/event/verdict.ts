export const OUTCOMES = ['stored', 'duplicate', 'conflict'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The decision on one event. */
export interface Verdict {
  /** `stored` for a new key, `duplicate` for a stored key with an equal payload, `conflict` for one with another payload. */
  readonly outcome: Outcome;
  /** The seq of the stored event with this key. For a duplicate or a conflict, it is that of the original event. */
  readonly seq: number;
}
