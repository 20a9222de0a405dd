import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from './history.js';
import { publish } from './publish.js';
import type { PublishRequest } from './workload.js';

/** Delay of a publisher after a 503. */
const AFTER_503_MS = 10;

/** Source of the publishers' requests. */
export interface RequestSource {
  next(): PublishRequest;
  /** Takes back a request without a result, to be sent again. */
  retry?(failed: PublishRequest): void;
}

/** Concurrent publishers that send requests until they are stopped or the service ends. */
export class Load {
  /** Events in requests with a 200 since the start of this load. */
  acknowledged = 0;
  /** Latency of each response, by status. */
  readonly latenciesMs: Record<number, number[]> = {};
  /** Resolves when every publisher has received its last response. */
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
      const { status, result } = await publish(this.url, request, this.history);
      if (result.kind === 'verdicts') this.acknowledged += request.events.length;
      if (result.kind === 'unknown') this.source.retry?.(request);
      if (status === null) return;
      (this.latenciesMs[status] ??= []).push(performance.now() - began);
      if (status === 503) await sleep(AFTER_503_MS);
    }
  }
}
