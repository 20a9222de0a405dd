import type { NewEvent } from '../event/event.js';
import type { Verdict } from '../event/verdict.js';

/**
 * One request's events, and where their verdicts go. All of them are stored in one transaction, or none.
 */
export class Submission {
  /** Resolves once stored, in the order of `events`; rejects when they could not be stored. */
  readonly verdicts: Promise<readonly Verdict[]>;
  settled = false;
  private resolve!: (verdicts: readonly Verdict[]) => void;
  private reject!: (reason: Error) => void;

  constructor(
    readonly events: readonly NewEvent[],
    /** What the events take in memory, about. */
    readonly bytes: number,
    /** Whether the publisher waits for the verdicts. If not, the queue keeps the events until they are stored. */
    readonly awaited: boolean,
  ) {
    this.verdicts = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody may be listening: the publisher did not wait, or has gone.
    this.verdicts.catch(() => {});
  }

  settle(verdicts: readonly Verdict[]): void {
    this.settled = true;
    this.resolve(verdicts);
  }

  refuse(reason: Error): void {
    this.settled = true;
    this.reject(reason);
  }
}
