import type { Submission } from './submission.js';

/** Stores a batch and settles each submission of it; rejects when the store fails, leaving some unsettled. */
export type BatchHandler = (batch: readonly Submission[]) => Promise<void>;

/**
 * What stands between publishers and the store. In the process it is an RxJS Subject; a broker fits behind
 * the same verbs: there `offer` resolves when the broker has acknowledged.
 */
export abstract class EventQueue {
  /** Events accepted and not yet settled. */
  abstract readonly depth: number;

  /** The most `depth` can be. */
  abstract readonly capacity: number;

  /** True from the start of `drain`: nothing more is taken. */
  abstract readonly draining: boolean;

  /**
   * Resolves when the queue answers for the submission.
   * Rejects with `QueueFullError`, `SubmissionTooLargeError` or `QueueDrainingError`, and then has taken none of it.
   */
  abstract offer(submission: Submission): Promise<void>;

  /**
   * Hands submissions to `handler` in the order they came, but that small ones whose publishers wait may go
   * first. More than one batch may be under way, to be handled in their order. When one rejects, all who wait are
   * told; what nobody waits for is kept, and handed over again with backoff, behind what was under way meanwhile.
   */
  abstract consume(handler: BatchHandler): void;

  /** Takes nothing more; resolves once all that was taken is settled. */
  abstract drain(): Promise<void>;
}

/** There is no room now; the submission is untouched. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';

  constructor(
    message: string,
    /** When there should be room, by the rate at which the queue is emptied now. */
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** The queue could not hold the submission even if it were empty: it must be split. */
export class SubmissionTooLargeError extends Error {
  override readonly name = 'SubmissionTooLargeError';
}

/** The service is stopping; the submission is untouched. */
export class QueueDrainingError extends Error {
  override readonly name = 'QueueDrainingError';
}
