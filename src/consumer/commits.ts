import type { Submission } from '../event/submission.js';
import type { Commit } from '../store/store.js';

/**
 * Announces the highest committed seq. An announcement is a cursor, not a batch. Every event up to `lastSeq` can be
 * read from the store, even if another instance committed it.
 *
 * Every implementation promises:
 * - `lastSeq` never decreases, even if announcements of several instances arrive out of order.
 * - A commit of this instance is announced before its publishers receive their verdicts.
 * - Announcements may skip seqs. Listeners read the gap from the store.
 */
export abstract class Commits {
  /** The highest seq announced, or 0 before the first announcement. */
  abstract readonly lastSeq: number;

  /** Announces that all events up to `lastSeq` are committed, by this instance (`own`) or by another. */
  abstract announce(announcement: Announcement): void;

  /**
   * Calls `listener`, which must not throw, for every announcement from now on. Returns a function that ends the
   * subscription. An implementation that polls for commits of other instances may poll less often without a listener.
   */
  abstract subscribe(listener: (announcement: Announcement) => void): () => void;

  /** Ends all subscriptions. */
  abstract close(): void;
}

export interface Announcement {
  readonly lastSeq: number;
  /** The commit of this instance. Absent if another instance committed, or if only the seq is known. */
  readonly own?: OwnCommit;
}

/** A commit of this instance and the batch it stored. */
export interface OwnCommit extends Commit {
  readonly batch: readonly Submission[];
  /** Time of the commit, with its fsync, in milliseconds. */
  readonly ms: number;
}
