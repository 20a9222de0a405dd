import { setTimeout as sleep } from 'node:timers/promises';
import type { EventDto } from '../../event/event.dto.js';
import type { Verdict } from '../../event/verdict.js';
import type { PublishedBatch, PublishedEvent } from '../../ingest/publish.dto.js';
import type { StatsResponse } from '../../stats/stats.dto.js';
import { backoffMs } from './backoff.js';
import { type Client, type HttpResponse, NoResponseError } from './client.js';
import { classifyFailure, type FailedAttempt, PublishingError } from './failure.js';
import { readVerdict, readVerdicts } from './verdicts.js';

const GIVE_UP_AFTER_MS = 60_000;
/** Short, because a missing response at the start is probably caused by a wrong address. */
const GIVE_UP_START_AFTER_MS = 10_000;
const QUEUE_POLL_MS = 100;

type OnRetry = (failed: FailedAttempt) => void;

/**
 * Sends each request until a definite response arrives, despite overload, broken connections and restarts. Requests go
 * to the replicas in turn, and each retry goes to another replica than the attempt before.
 */
export class Publisher {
  private requests = 0;

  constructor(
    private readonly client: Client,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Resolves with the verdict on one event once it is durable. Calls `onRetry` before each retry. Rejects with
   * `PublishingError` if the service rejects the event, or after 60 s without success.
   */
  async publishOne(event: EventDto, onRetry: OnRetry): Promise<readonly Verdict[]> {
    return [readVerdict((await this.post(event, onRetry)) as PublishedEvent, event)];
  }

  /** Publishes many events in one request. Resolves with the verdicts in the order of the events. */
  async publishMany(events: readonly EventDto[], onRetry: OnRetry): Promise<readonly Verdict[]> {
    return readVerdicts((await this.post(events, onRetry)) as PublishedBatch, events);
  }

  /**
   * Resolves with the statistics of each replica once all queues are empty. Rejects with `PublishingError` after 60 s.
   */
  async stats(): Promise<readonly StatsResponse[]> {
    const read = () =>
      Promise.all(this.client.urls.map((url) => this.drainedStats(url, GIVE_UP_AFTER_MS, () => {})));
    // Reads all replicas twice, because one replica may store queued events after another replica has been read.
    await read();
    return read();
  }

  /** Resolves with the statistics before the run. Calls `onFirstFailure` at the first failure. Rejects after 10 s. */
  firstStats(onFirstFailure: (reason: string) => void): Promise<StatsResponse> {
    let reported = false;
    return this.drainedStats(this.client.urls[0]!, GIVE_UP_START_AFTER_MS, ({ reason }) => {
      if (!reported) onFirstFailure(reason);
      reported = true;
    });
  }

  private async drainedStats(replica: URL, giveUpAfterMs: number, onRetry: OnRetry): Promise<StatsResponse> {
    const get = () => this.client.get('stats', replica);
    const deadline = performance.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      const stats = (await this.retry('GET /stats', get, giveUpAfterMs, onRetry)) as StatsResponse;
      if (stats.queue_depth === 0) return stats;
      if (performance.now() > deadline)
        throw new PublishingError(
          `GET /stats: queue_depth is ${stats.queue_depth} after ${GIVE_UP_AFTER_MS / 1000} s, expected 0`,
        );
      await sleep(QUEUE_POLL_MS, undefined, { signal: this.signal });
    }
  }

  private post(body: unknown, onRetry: OnRetry): Promise<object> {
    const json = JSON.stringify(body);
    const { urls } = this.client;
    const first = this.requests++;
    const send = (attempt: number) =>
      this.client.post('publish', json, urls[(first + attempt) % urls.length]!);
    return this.retry('POST /publish', send, GIVE_UP_AFTER_MS, onRetry);
  }

  /** Calls `send` with the number of the attempt, from 0, until the response is 200. Resolves with its body. */
  private async retry(
    call: string,
    send: (attempt: number) => Promise<HttpResponse>,
    giveUpAfterMs: number,
    onRetry: OnRetry,
  ): Promise<object> {
    const deadline = performance.now() + giveUpAfterMs;
    for (let attempt = 0; ; attempt++) {
      const result = await this.attempt(call, () => send(attempt));
      if (!('reason' in result)) return result.body;
      const waitMs = backoffMs(attempt, result.retryAfterMs);
      if (performance.now() + waitMs > deadline)
        throw new PublishingError(
          `${call}: ${result.reason} at attempt ${attempt + 1}; gave up after ${giveUpAfterMs / 1000} s`,
        );
      onRetry(result);
      await sleep(waitMs, undefined, { signal: this.signal });
    }
  }

  private async attempt(
    call: string,
    send: () => Promise<HttpResponse>,
  ): Promise<{ body: object } | FailedAttempt> {
    try {
      const response = await send();
      if (response.status !== 200) return classifyFailure(call, response);
      if (response.body) return { body: response.body };
    } catch (error) {
      this.signal.throwIfAborted();
      if (!(error instanceof NoResponseError)) throw error;
      return { reason: error.message, ambiguous: error.ambiguous, retryAfterMs: 0 };
    }
    throw new PublishingError(`${call}: the response is not a JSON object; check the address of the service`);
  }
}
