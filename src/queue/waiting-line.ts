import type { PendingSubmission } from './pending-submission.js';

/** Maximum size of a small submission, as a share of a batch. A single event is always small. */
const SMALL_SHARE_OF_BATCH = 0.01;

/**
 * Decides which submissions go into the next batch. Two lanes prevent head-of-line blocking. Small awaited
 * submissions join the next batch. They delay any other submission by at most one batch.
 */
export class WaitingLine {
  /** Small submissions with a waiting publisher. */
  private fast: PendingSubmission[] = [];
  private slow: PendingSubmission[] = [];
  /** Whether the last batch took no submission of the slow lane, although there was one. */
  private slowWasOvertaken = false;

  constructor(private readonly batchMaxEvents: number) {}

  /** Number of waiting submissions. */
  get length(): number {
    return this.fast.length + this.slow.length;
  }

  push(submission: PendingSubmission): void {
    (this.isSmallAndAwaited(submission) ? this.fast : this.slow).push(submission);
  }

  /** Puts the submissions of a failed batch back at the front, in their order. */
  putBack(submissions: readonly PendingSubmission[]): void {
    this.slow = [...submissions, ...this.slow];
  }

  /**
   * Returns whether the next submission fits into a batch of `room` events. If it is large and does not fit, a batch
   * without it would let small submissions overtake it repeatedly.
   */
  fits(room: number): boolean {
    const next = this.slow[0] ?? this.fast[0];
    return next !== undefined && next.events.length <= room;
  }

  /** Removes and returns the next batch. It has at most `room` events, or one larger submission if `alone` is true. */
  takeBatch(room: number, alone: boolean): PendingSubmission[] {
    const batch: PendingSubmission[] = [];
    let left = room;
    const takeFrom = (lane: PendingSubmission[], limit = lane.length): number => {
      let count = 0;
      while (count < limit) {
        const size = lane[count]!.events.length;
        if (size > left && (!alone || batch.length + count > 0)) break;
        left -= size;
        count++;
      }
      for (const submission of lane.splice(0, count)) batch.push(submission);
      return count;
    };
    const overdue = this.slowWasOvertaken ? takeFrom(this.slow, 1) : 0;
    takeFrom(this.fast);
    const inTurn = takeFrom(this.slow);
    this.slowWasOvertaken = overdue + inTurn === 0 && this.slow.length > 0;
    return batch;
  }

  /** Removes and returns every submission with a waiting publisher. */
  takeAwaited(): PendingSubmission[] {
    const awaited = [...this.fast, ...this.slow.filter((submission) => submission.awaited)];
    this.fast = [];
    this.slow = this.slow.filter((submission) => !submission.awaited);
    return awaited;
  }

  private isSmallAndAwaited({ awaited, events }: PendingSubmission): boolean {
    return awaited && events.length <= Math.max(1, this.batchMaxEvents * SMALL_SHARE_OF_BATCH);
  }
}
