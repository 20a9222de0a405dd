import type { NewEvent } from '../event/event.js';
import type { SubmissionId } from '../event/submission.js';
import type { Verdict } from '../event/verdict.js';
import type { Delivery } from './event-queue.js';

/** A submission in the memory of this process. Its publisher may wait for the verdicts, and the consumer settles it. */
export class PendingSubmission implements Delivery {
  readonly verdicts: Promise<readonly Verdict[]>;
  settled = false;
  private resolveVerdicts!: (verdicts: readonly Verdict[]) => void;
  private rejectVerdicts!: (reason: Error) => void;

  constructor(
    readonly events: readonly NewEvent[],
    /** Estimated memory of the events. */
    readonly bytes: number,
    /**
     * Whether a publisher or a broker waits for the verdicts. If not, the queue keeps the events until they are stored.
     */
    readonly awaited: boolean,
    /** Absent if a publisher waits, because the submission is rejected if the result of its commit is lost. */
    readonly id?: SubmissionId,
    /** Name of the publisher's API key. */
    readonly publisher?: string,
  ) {
    this.verdicts = new Promise((resolve, reject) => {
      this.resolveVerdicts = resolve;
      this.rejectVerdicts = reject;
    });
    // The publisher may not wait, or may have disconnected. An unhandled rejection would end the process.
    this.verdicts.catch(() => {});
  }

  settle(verdicts: readonly Verdict[]): void {
    this.settled = true;
    this.resolveVerdicts(verdicts);
  }

  reject(reason: Error): void {
    this.settled = true;
    this.rejectVerdicts(reason);
  }
}
