import type { Submission } from '../event/submission.js';
import type { Commit } from '../store/store.js';

/**
 * Announces how far the log reaches. An announcement is a cursor, not a batch: every event up to `lastSeq` can be
 * read from the store, whichever instance committed it.
 *
 * Every implementation promises:
 * - `lastSeq` never decreases, although commits of this instance and news of others may arrive out of order.
 * - A commit of this instance is announced before its publishers receive their verdicts.
 * - Announcements may skip seqs: listeners read the gap from the store.
 */
export abstract class Commits {
  /** The highest seq announced; 0 before the first announcement. */
  abstract readonly lastSeq: number;

  /** Announces that the log reaches `lastSeq`, by a commit of this instance (`own`) or of another. */
  abstract announce(announcement: Announcement): void;

  /**
   * Calls `listener`, which must not throw, for every announcement from now on. Returns a function that ends the
   * subscription. An implementation that asks for news of other instances may do so rarely while it has no listener.
   */
  abstract subscribe(listener: (announcement: Announcement) => void): () => void;

  /** Ends all subscriptions. */
  abstract close(): void;
}

export interface Announcement {
  readonly lastSeq: number;
  /** What this instance committed. Absent if another instance did, or if only the position is known. */
  readonly own?: OwnCommit;
}

/** A commit of this instance and the batch it stored. */
export interface OwnCommit extends Commit {
  readonly batch: readonly Submission[];
}
