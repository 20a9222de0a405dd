import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config.js';
import { EventQueue } from '../queue/event-queue.js';
import type { Submission } from '../queue/submission.js';
import { type Commit, Store, StoreUnavailableError } from '../store/store.js';
import { ProcessedEvents } from './commits.js';
import type { NewEvent } from '../event/event.js';

/** Takes batches from the queue, commits each in one transaction, and settles the verdicts. */
@Injectable()
export class Consumer implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(Consumer.name);
  private readonly logsEvents: boolean;

  constructor(
    private readonly queue: EventQueue,
    private readonly store: Store,
    private readonly processed: ProcessedEvents,
    { LOG_LEVEL }: Config,
  ) {
    this.logsEvents = LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace';
  }

  onModuleInit(): void {
    this.queue.consume((batch) => this.handle(batch));
  }

  /** Before the HTTP server closes, so that every publisher who waits is still answered. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.drain();
    this.processed.complete();
  }

  /** Settles every submission of the batch; rejects with `StoreUnavailableError` where the store fails. */
  private async handle(batch: readonly Submission[]): Promise<void> {
    const events = batch.length === 1 ? batch[0]!.events : batch.flatMap((submission) => submission.events);
    const started = performance.now();
    let commit: Commit;
    try {
      commit = await this.store.commit(events);
    } catch (error) {
      if (error instanceof StoreUnavailableError) {
        this.logger.error({ msg: 'batch not stored', events: events.length, reason: error.message });
        throw error;
      }
      return this.handleWithout(batch, error as Error);
    }
    this.logCommit(events, commit, performance.now() - started);
    this.processed.next({ ...commit, events });
    let start = 0;
    for (const submission of batch) {
      const end = start + submission.events.length;
      submission.settle(commit.verdicts.slice(start, end));
      start = end;
    }
  }

  /** Some event cannot be stored: found by halves, its submission alone is refused, and the others do not suffer. */
  private async handleWithout(batch: readonly Submission[], reason: Error): Promise<void> {
    if (batch.length > 1) {
      const half = batch.length >> 1;
      await this.handle(batch.slice(0, half));
      return this.handle(batch.slice(half));
    }
    const { events } = batch[0]!;
    const keys = events.slice(0, 10).map(({ topic, event_id }) => ({ topic, event_id }));
    this.logger.error({
      msg: 'submission refused by the store',
      reason: reason.message,
      events: events.length,
      keys,
    });
    batch[0]!.refuse(reason);
  }

  private logCommit(events: readonly NewEvent[], { verdicts, lastSeq }: Commit, ms: number): void {
    this.logger.log({
      msg: 'batch committed',
      events: events.length,
      last_seq: lastSeq,
      ms: Math.round(ms * 10) / 10,
    });
    if (!this.logsEvents) return;
    for (const [index, { topic, event_id }] of events.entries()) {
      this.logger.debug({ msg: 'event processed', topic, event_id, ...verdicts[index] });
    }
  }
}
