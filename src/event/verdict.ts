export const OUTCOMES = ['stored', 'duplicate', 'conflict'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The decision on one event. */
export interface Verdict {
  /** `stored` for a new key, `duplicate` for a stored key with an equal payload, `conflict` for one with another payload. */
  readonly outcome: Outcome;
  /** The seq of the stored event with this key. For a duplicate or a conflict, it is that of the original event. */
  readonly seq: number;
}

/** Number of verdicts by outcome, with the names of a response. */
export interface OutcomeCounts {
  stored: number;
  duplicates: number;
  conflicts: number;
}

/** Adds the number of verdicts of each outcome to the counts. */
export function countOutcomes(verdicts: readonly Verdict[], counts: OutcomeCounts): void {
  for (const { outcome } of verdicts) {
    if (outcome === 'stored') counts.stored++;
    else if (outcome === 'duplicate') counts.duplicates++;
    else counts.conflicts++;
  }
}
