import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { EventQueue } from '../queue/event-queue.js';
import { ProcessedEvents } from '../queue/processed-events.js';
import type { CheckedEvent, Submission, Verdict } from '../queue/submission.js';
import { Store, StoreUnavailableError } from '../store/store.js';

/** Takes batches from the queue, commits each in one transaction, and settles the verdicts. */
@Injectable()
export class Consumer implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(Consumer.name);

  constructor(
    private readonly queue: EventQueue,
    private readonly store: Store,
    private readonly processed: ProcessedEvents,
  ) {}

  onModuleInit(): void {
    this.queue.consume((batch) => this.handle(batch));
  }

  /** Before the HTTP server closes, so that every publisher who waits is still answered. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.drain();
    this.processed.complete();
  }

  private async handle(batch: readonly Submission[]): Promise<void> {
    try {
      await this.commit(batch);
    } catch (error) {
      if (error instanceof StoreUnavailableError) {
        this.logger.error({ msg: 'batch not stored', submissions: batch.length, reason: error.message });
        throw error;
      }
      if (batch.length > 1) return this.handleOneByOne(batch);
      this.giveUp(batch[0]!, error as Error);
    }
  }

  /** Some event cannot be stored: its submission alone is refused, the others must not suffer. */
  private async handleOneByOne(batch: readonly Submission[]): Promise<void> {
    for (const submission of batch) {
      try {
        await this.commit([submission]);
      } catch (error) {
        if (error instanceof StoreUnavailableError) throw error;
        this.giveUp(submission, error as Error);
      }
    }
  }

  private giveUp(submission: Submission, reason: Error): void {
    const keys = submission.events.slice(0, 10).map(({ topic, event_id }) => ({ topic, event_id }));
    this.logger.error({ msg: 'events refused by the store', reason: reason.message, keys });
    submission.refuse(reason);
  }

  private logBatch(
    events: readonly CheckedEvent[],
    verdicts: readonly Verdict[],
    lastSeq: number,
    ms: number,
  ): void {
    this.logger.log({
      msg: 'batch committed',
      events: events.length,
      last_seq: lastSeq,
      ms: Math.round(ms * 10) / 10,
    });
    if (!Logger.isLevelEnabled('debug')) return;
    for (const [index, { topic, event_id }] of events.entries()) {
      this.logger.debug({ msg: 'event processed', topic, event_id, ...verdicts[index] });
    }
  }

  private async commit(batch: readonly Submission[]): Promise<void> {
    const events = batch.flatMap((submission) => submission.events);
    const started = performance.now();
    const { verdicts, counters, lastSeq } = await this.store.commit(events);
    this.logBatch(events, verdicts, lastSeq, performance.now() - started);
    this.processed.next({ events: events.length, counters, lastSeq });
    let start = 0;
    for (const submission of batch) {
      const end = start + submission.events.length;
      submission.settle(verdicts.slice(start, end));
      start = end;
    }
  }
}
