import { setTimeout as sleep } from 'node:timers/promises';
import type { EventDto } from '../../event/event.dto.js';
import type { PublishedBatch, PublishedEvent } from '../../ingest/publish.dto.js';
import type { StatsResponse } from '../../stats/stats.dto.js';
import { backoffMs } from './backoff.js';
import { type Answer, type Client, NoAnswerError } from './client.js';
import { type FailedAttempt, PublishingError, failureOf } from './failure.js';
import { readVerdict, readVerdicts } from './verdicts.js';
import type { Verdict } from '../../event/verdict.js';

const PATIENCE_MS = 60_000;
/** Short: at the start nothing is under way, and the likeliest cause of silence is a wrong address. */
const FIRST_PATIENCE_MS = 10_000;
const QUEUE_POLL_MS = 100;

type OnRetry = (failed: FailedAttempt) => void;

/** Asks the service until it answers for good: across overload, broken connections, and restarts. */
export class Publisher {
  constructor(
    private readonly client: Client,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Resolves with the verdict on one event, once it is on disk. `onRetry` hears of each attempt that is made
   * again. Rejects with `PublishingError` when refused, or after 60 s without success.
   */
  async publishOne(event: EventDto, onRetry: OnRetry): Promise<readonly Verdict[]> {
    return [readVerdict((await this.post(event, onRetry)) as PublishedEvent, event)];
  }

  /** The same for many in one request; the verdicts are in the order of the events. */
  async publishMany(events: readonly EventDto[], onRetry: OnRetry): Promise<readonly Verdict[]> {
    return readVerdicts((await this.post(events, onRetry)) as PublishedBatch, events);
  }

  /** The statistics when nothing is queued. Rejects with `PublishingError` after 60 s without an answer, or with a queue. */
  stats(): Promise<StatsResponse> {
    return this.settledStats(PATIENCE_MS, () => {});
  }

  /** The same before anything is sent: gives up after 10 s without an answer, and tells once that there is none yet. */
  firstStats(onSilence: (reason: string) => void): Promise<StatsResponse> {
    let told = false;
    return this.settledStats(FIRST_PATIENCE_MS, ({ reason }) => {
      if (!told) onSilence(reason);
      told = true;
    });
  }

  private async settledStats(patienceMs: number, onRetry: OnRetry): Promise<StatsResponse> {
    const get = () => this.client.get('stats');
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const stats = (await this.persist('GET /stats', get, patienceMs, onRetry)) as StatsResponse;
      if (stats.queue_depth === 0) return stats;
      if (performance.now() > deadline)
        throw new PublishingError(
          `GET /stats: queue_depth is ${stats.queue_depth} after ${PATIENCE_MS / 1000} s, expected 0`,
        );
      await sleep(QUEUE_POLL_MS, undefined, { signal: this.signal });
    }
  }

  private post(body: unknown, onRetry: OnRetry): Promise<object> {
    const json = JSON.stringify(body);
    return this.persist('POST /publish', () => this.client.post('publish', json), PATIENCE_MS, onRetry);
  }

  /** Makes attempts until one is answered 200; resolves with its body. */
  private async persist(
    call: string,
    send: () => Promise<Answer>,
    patienceMs: number,
    onRetry: OnRetry,
  ): Promise<object> {
    const deadline = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      const result = await this.attempt(call, send);
      if (!('reason' in result)) return result.body;
      const waitMs = backoffMs(attempt, result.retryAfterMs);
      if (performance.now() + waitMs > deadline)
        throw new PublishingError(
          `${call}: ${result.reason} at attempt ${attempt + 1}; the next would be more than ${patienceMs / 1000} s after the first`,
        );
      onRetry(result);
      await sleep(waitMs, undefined, { signal: this.signal });
    }
  }

  private async attempt(
    call: string,
    send: () => Promise<Answer>,
  ): Promise<{ body: object } | FailedAttempt> {
    try {
      const answer = await send();
      if (answer.status !== 200) return failureOf(call, answer);
      if (answer.body) return { body: answer.body };
    } catch (error) {
      this.signal.throwIfAborted();
      if (!(error instanceof NoAnswerError)) throw error;
      return { reason: error.message, ambiguous: error.ambiguous, retryAfterMs: 0 };
    }
    throw new PublishingError(
      `${call}: the answer is not a JSON object; is this the address of the service?`,
    );
  }
}
