import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from './history.js';
import { publish } from './publish.js';
import type { Workload } from './workload.js';

/** A publisher who was told 503 does not come back at once. */
const AFTER_503_MS = 10;

/** Publishers at work, until they are stopped or the service is gone. */
export class Load {
  /** Events that were answered 200 since this load began. */
  acknowledged = 0;
  /** Requests that were answered 503. */
  unavailable = 0;
  /** Resolves when every publisher has had its last answer. */
  readonly finished: Promise<unknown>;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly workload: Workload,
    private readonly history: Attempt[],
    publishers: number,
  ) {
    this.finished = Promise.all(Array.from({ length: publishers }, () => this.work()));
  }

  stop(): Promise<unknown> {
    this.stopped = true;
    return this.finished;
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      const request = this.workload.next();
      const { status, answer } = await publish(this.url, request, this.history);
      if (answer.kind === 'verdicts') this.acknowledged += request.events.length;
      if (answer.kind === 'unknown') this.workload.giveBack(request);
      if (status === null) return;
      if (status === 503) {
        this.unavailable++;
        await sleep(AFTER_503_MS);
      }
    }
  }
}
