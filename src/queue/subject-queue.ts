import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../config.js';
import type { NewEvent } from '../event/event.js';
import type { SubmissionId } from '../event/submission.js';
import type { Verdict } from '../event/verdict.js';
import {
  type BatchHandler,
  EventQueue,
  type OfferOptions,
  QueueDrainingError,
  QueueFullError,
  type QueueLoad,
  type Receipt,
  SubmissionTooLargeError,
} from './event-queue.js';
import { FairShare } from './fair-share.js';
import { PendingSubmission } from './pending-submission.js';
import { WaitingLine } from './waiting-line.js';

const INITIAL_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 500;
/** Minimum backlog, in submissions or in events, for another batch while one is in flight. */
const PIPELINED_SUBMISSIONS = 32;
const PIPELINED_EVENTS = 500;
const MAX_BATCHES_IN_FLIGHT = 3;

/**
 * An in-memory queue for one process.
 *
 * Batches form without a timer. While one batch is in flight, arrivals accumulate, and the next batch takes all of
 * them up to a maximum. An idle service commits one event immediately. Under load, many requests share each fsync.
 *
 * Batches are pipelined. With a large backlog, the next batch is delivered before the previous one is done. All
 * batches in flight together contain at most as many events as one full batch. Without pipelining, all publishers wait
 * for the same commit, and the event loop and the writer thread idle alternately. Pipelining adds 13 % throughput for
 * single events (docs/decisions.md).
 *
 * States of a submission:
 * - waiting: accepted, in the waiting line
 * - in flight: delivered to the consumer
 * - failed: in a failed batch. Kept until no batch is in flight, then put back at the front to keep the order
 * - settled or rejected: removed from the queue
 */
@Injectable()
export class SubjectQueue extends EventQueue {
  private readonly arrivals = new Subject<PendingSubmission>();
  private readonly waiting: WaitingLine;
  private readonly shares: FairShare;
  private readonly source = randomUUID();
  private lastNumber = 0;
  private failed: PendingSubmission[] = [];
  private batchesInFlight = 0;
  private eventsInFlight = 0;
  /** Number of events and bytes that are accepted and not yet settled or rejected. */
  private depth = 0;
  private bytes = 0;
  private isDeliveryScheduled = false;
  private backoffMs = INITIAL_BACKOFF_MS;
  /** Set by the first call of `drain`. */
  private drained: Promise<void> | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(private readonly config: Config) {
    super();
    this.waiting = new WaitingLine(config.BATCH_MAX_EVENTS);
    this.shares = new FairShare(config.QUEUE_CAPACITY, config.QUEUE_CAPACITY_BYTES);
  }

  async offer(events: readonly NewEvent[], { bytes, wait, publisher }: OfferOptions): Promise<Receipt> {
    if (this.drained) throw new QueueDrainingError('The service is stopping.');
    if (!this.arrivals.observed) throw new Error('The queue has no consumer.');
    this.checkRoom(events.length, bytes, publisher);
    const id = wait ? undefined : { source: this.source, number: ++this.lastNumber };
    const submission = this.accept(new PendingSubmission(events, bytes, wait, id, publisher));
    return wait ? submission : 'queued';
  }

  /**
   * Adds a submission that a broker keeps and may redeliver. Ignores the capacity, because the caller bounds these
   * submissions. The verdicts reject if the store fails. The broker then redelivers the submission to any process.
   */
  add(events: readonly NewEvent[], bytes: number, id: SubmissionId): Promise<readonly Verdict[]> {
    return this.accept(new PendingSubmission(events, bytes, true, id)).verdicts;
  }

  consume(handler: BatchHandler): void {
    this.arrivals.subscribe((submission) => {
      this.waiting.push(submission);
      this.scheduleDelivery(handler);
    });
  }

  drain(): Promise<void> {
    this.drained ??= new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      if (this.depth === 0) resolve();
    }).then(() => this.arrivals.complete());
    return this.drained;
  }

  async load(): Promise<QueueLoad> {
    const { depth, bytes, drained, config } = this;
    const { QUEUE_CAPACITY: capacity, QUEUE_CAPACITY_BYTES: capacityBytes } = config;
    return { depth, capacity, bytes, capacityBytes, draining: drained !== undefined };
  }

  private accept(submission: PendingSubmission): PendingSubmission {
    this.depth += submission.events.length;
    this.bytes += submission.bytes;
    this.shares.add(submission);
    this.arrivals.next(submission);
    return submission;
  }

  private checkRoom(events: number, bytes: number, publisher: string | undefined): void {
    const { QUEUE_CAPACITY, QUEUE_CAPACITY_BYTES } = this.config;
    if (events > QUEUE_CAPACITY || bytes > QUEUE_CAPACITY_BYTES) {
      throw new SubmissionTooLargeError(
        `${events} events (${bytes} bytes) exceed the capacity of the queue: ${QUEUE_CAPACITY} events, ${QUEUE_CAPACITY_BYTES} bytes.`,
      );
    }
    if (this.depth + events > QUEUE_CAPACITY || this.bytes + bytes > QUEUE_CAPACITY_BYTES) {
      this.shares.recordRejection(publisher);
      throw new QueueFullError(
        `The queue holds ${this.depth} of ${QUEUE_CAPACITY} events (${this.bytes} of ${QUEUE_CAPACITY_BYTES} bytes) and has no room for ${events} more (${bytes} bytes).`,
      );
    }
    if (!this.shares.hasRoom(publisher, events, bytes)) {
      throw new QueueFullError(
        `The API key ${publisher} already holds half of the queue, and other API keys need the rest.`,
      );
    }
  }

  private scheduleDelivery(handler: BatchHandler): void {
    if (this.mayPipeline()) {
      void this.deliver(handler);
    } else if (this.batchesInFlight === 0 && !this.isDeliveryScheduled) {
      this.isDeliveryScheduled = true;
      // Deferred, so that requests that arrive in the same event-loop iteration share the first commit.
      setImmediate(() => {
        this.isDeliveryScheduled = false;
        if (this.batchesInFlight === 0) this.deliverNext(handler);
      });
    }
  }

  private mayPipeline(): boolean {
    // While the store fails, one batch at a time is enough to detect its recovery.
    const isFailing = this.backoffMs > INITIAL_BACKOFF_MS;
    if (isFailing || this.batchesInFlight === MAX_BATCHES_IN_FLIGHT) return false;
    if (!this.waiting.fits(this.config.BATCH_MAX_EVENTS - this.eventsInFlight)) return false;
    return (
      this.waiting.length >= PIPELINED_SUBMISSIONS || this.depth - this.eventsInFlight >= PIPELINED_EVENTS
    );
  }

  private deliverNext(handler: BatchHandler): void {
    if (this.waiting.length > 0) void this.deliver(handler);
    else this.onEmpty?.();
  }

  private async deliver(handler: BatchHandler): Promise<void> {
    const room = this.config.BATCH_MAX_EVENTS - this.eventsInFlight;
    const batch = this.waiting.takeBatch(room, this.batchesInFlight === 0);
    const events = batch.reduce((sum, submission) => sum + submission.events.length, 0);
    this.batchesInFlight++;
    this.eventsInFlight += events;
    try {
      await handler(batch);
      this.release(batch);
      this.backoffMs = INITIAL_BACKOFF_MS;
    } catch (error) {
      await this.handleFailure(batch, error as Error);
    }
    this.batchesInFlight--;
    this.eventsInFlight -= events;
    if (this.batchesInFlight === 0) {
      this.waiting.putBack(this.failed);
      this.failed = [];
      this.deliverNext(handler);
    } else if (this.mayPipeline()) {
      void this.deliver(handler);
    }
  }

  /**
   * Handles a failed batch. Rejects every submission with a waiting publisher, because the store fails as a whole. This
   * includes earlier failed batches and the waiting line. Keeps all others for a retry after the backoff.
   */
  private async handleFailure(batch: readonly PendingSubmission[], reason: Error): Promise<void> {
    this.release(batch.filter((submission) => submission.settled));
    const unsettled = [...this.failed, ...batch.filter((submission) => !submission.settled)];
    const awaited = unsettled.filter((submission) => submission.awaited).concat(this.waiting.takeAwaited());
    this.failed = unsettled.filter((submission) => !submission.awaited);
    this.release(awaited);
    for (const submission of awaited) submission.reject(reason);
    const pauseMs = this.backoffMs;
    this.backoffMs = Math.min(this.backoffMs * 2, MAX_BACKOFF_MS);
    if (this.failed.length + this.waiting.length > 0) await sleep(pauseMs);
  }

  private release(submissions: readonly PendingSubmission[]): void {
    for (const submission of submissions) {
      this.depth -= submission.events.length;
      this.bytes -= submission.bytes;
      this.shares.remove(submission);
    }
  }
}
