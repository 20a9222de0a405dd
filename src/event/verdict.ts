export const OUTCOMES = ['stored', 'duplicate', 'conflict'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The decision on one event. */
export interface Verdict {
  /** `stored`: new. `duplicate`: the key exists with an equal payload. `conflict`: the key exists with another payload. */
  readonly outcome: Outcome;
  /** The seq of the stored event with this key: the event itself, or the original of a duplicate or conflict. */
  readonly seq: number;
}
