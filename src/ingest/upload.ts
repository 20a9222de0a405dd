import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKey } from '../auth/api-key.js';
import type { NewEvent } from '../event/event.js';
import type { Verdict } from '../event/verdict.js';
import { type EventQueue, QueueFullError, type Receipt } from '../queue/event-queue.js';

const RETRY_WHEN_FULL_MS = 20;

interface PendingEvents {
  readonly events: NewEvent[];
  bytes: number;
}

/**
 * Submits the events of one NDJSON upload to the queue. One submission is in flight at a time, which keeps the order.
 * Events that arrive meanwhile form the next submission. A slow upload therefore has small submissions, and a fast
 * upload has large ones.
 */
export class Upload {
  /** Whether a submission failed. `finish` and `waitForRoom` reject with the reason. */
  failed = false;
  private next: PendingEvents = { events: [], bytes: 0 };
  private inFlight: Promise<void> | undefined;

  constructor(
    private readonly queue: EventQueue,
    /** Maximum size of one submission. */
    private readonly limits: { readonly events: number; readonly bytes: number },
    private readonly apiKey: ApiKey | undefined,
    private readonly onStored: (verdicts: readonly Verdict[]) => void,
  ) {}

  /** Returns whether an event of this size must wait for room. */
  isFull(bytes: number): boolean {
    const { length } = this.next.events;
    return length >= this.limits.events || (length > 0 && this.next.bytes + bytes > this.limits.bytes);
  }

  /** Resolves when the pending events are in flight. Rejects if a submission fails. */
  async waitForRoom(): Promise<void> {
    if (this.inFlight) await this.inFlight;
    else this.flush();
  }

  /** Adds an event of this size to the pending events. Call it only if `isFull` returns false for this size. */
  add(event: NewEvent, bytes: number): void {
    this.next.events.push(event);
    this.next.bytes += bytes;
  }

  /** Submits the pending events, now or when the submission in flight is stored. */
  flush(): void {
    if (this.inFlight || this.next.events.length === 0) return;
    const submission = this.next;
    this.next = { events: [], bytes: 0 };
    this.inFlight = this.store(submission);
    this.inFlight.catch(() => (this.failed = true));
  }

  /** Resolves when every event is stored. Rejects if a submission fails. */
  async finish(): Promise<void> {
    this.flush();
    while (this.inFlight) await this.inFlight;
  }

  private async store(submission: PendingEvents): Promise<void> {
    const receipt = await this.offer(submission);
    if (receipt === 'queued')
      throw new Error('The queue returned no verdicts to an upload that waits for them.');
    this.onStored(await receipt.verdicts);
    this.inFlight = undefined;
    this.flush();
  }

  /**
   * Waits while the rate limit is exceeded, and retries while the queue is full. Reading stops when the pending events
   * reach the limits, which puts backpressure on the publisher.
   */
  private async offer({ events, bytes }: PendingEvents): Promise<Receipt> {
    const rateLimit = this.apiKey?.rateLimit;
    for (;;) {
      const waitMs = rateLimit?.waitMs() ?? 0;
      if (waitMs > 0) await sleep(waitMs);
      try {
        const receipt = await this.queue.offer(events, { bytes, wait: true, publisher: this.apiKey?.name });
        rateLimit?.spend(events.length, bytes);
        return receipt;
      } catch (error) {
        if (!(error instanceof QueueFullError)) throw error;
        await sleep(RETRY_WHEN_FULL_MS);
      }
    }
  }
}
