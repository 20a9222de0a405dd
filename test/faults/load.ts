import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from './history.js';
import { publish } from './publish.js';
import type { PublishRequest } from './workload.js';

/** A publisher that received a 503 does not come back at once. */
const AFTER_503_MS = 10;

/** Where publishers take their requests from. */
export interface RequestSource {
  next(): PublishRequest;
  /** Takes back a request that had no response, to be sent again. */
  giveBack?(unanswered: PublishRequest): void;
}

/** Publishers at work, until they are stopped or the service is gone. */
export class Load {
  /** Events whose request had a 200 since this load began. */
  acknowledged = 0;
  /** How long each response took, by its status. */
  readonly latenciesMs: Record<number, number[]> = {};
  /** Resolves when every publisher has had its last response. */
  readonly finished: Promise<unknown>;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly source: RequestSource,
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
      const request = this.source.next();
      const began = performance.now();
      const { status, answer } = await publish(this.url, request, this.history);
      if (answer.kind === 'verdicts') this.acknowledged += request.events.length;
      if (answer.kind === 'unknown') this.source.giveBack?.(request);
      if (status === null) return;
      (this.latenciesMs[status] ??= []).push(performance.now() - began);
      if (status === 503) await sleep(AFTER_503_MS);
    }
  }
}
