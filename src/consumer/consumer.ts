import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config.js';
import { type Delivery, EventQueue } from '../queue/event-queue.js';
import { type Commit, Store } from '../store/store.js';
import { StoreUnavailableError } from '../store/store-errors.js';
import { CommitSummary } from './commit-summary.js';
import { Commits } from './commits.js';
import { StoreOutage } from './store-outage.js';

/** Maximum number of keys in the log line about an unstorable submission. */
const MAX_LOGGED_KEYS = 10;

/**
 * Stores each batch of the queue in one transaction (group commit). Announces the commit, then settles the deliveries.
 */
@Injectable()
export class Consumer implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(Consumer.name);
  private readonly summary = new CommitSummary(this.logger);
  private readonly outage = new StoreOutage(this.logger);
  private readonly logsCommits: boolean;

  constructor(
    private readonly queue: EventQueue,
    private readonly store: Store,
    private readonly commits: Commits,
    { LOG_LEVEL }: Config,
  ) {
    this.logsCommits = LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace';
  }

  async onModuleInit(): Promise<void> {
    this.commits.announce({ lastSeq: await this.store.lastSeq() });
    this.queue.consume((batch) => this.commit(batch));
  }

  /** Drains the queue before the HTTP server closes, so that every waiting publisher receives its verdicts. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.drain();
    this.commits.close();
    this.summary.close();
  }

  /** Commits the batch and settles or rejects its deliveries. Throws `StoreUnavailableError` if the store fails. */
  private async commit(batch: readonly Delivery[]): Promise<void> {
    const started = performance.now();
    let commit: Commit;
    try {
      commit = await this.store.commit(batch);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) return this.bisect(batch, error as Error);
      this.outage.fail(error.message);
      this.logger.debug({ msg: 'batch not stored', events: countEvents(batch), reason: error.message });
      throw error;
    }
    const ms = performance.now() - started;
    this.outage.recover();
    this.summary.add(batch.length, commit, ms);
    if (this.logsCommits) this.logCommit(batch, commit, ms);
    this.commits.announce({ lastSeq: commit.lastSeq, own: { ...commit, batch, ms } });
    let start = 0;
    for (const delivery of batch) {
      const end = start + delivery.events.length;
      delivery.settle(commit.verdicts.slice(start, end));
      start = end;
    }
  }

  /** An event in the batch is unstorable. Bisects the batch and rejects only the submission that contains it. */
  private async bisect(batch: readonly Delivery[], reason: Error): Promise<void> {
    if (batch.length > 1) {
      const half = batch.length >> 1;
      await this.commit(batch.slice(0, half));
      return this.commit(batch.slice(half));
    }
    const { events } = batch[0]!;
    const keys = events.slice(0, MAX_LOGGED_KEYS).map(({ topic, event_id }) => ({ topic, event_id }));
    this.logger.error({
      msg: 'submission rejected: unstorable event',
      reason: reason.message,
      events: events.length,
      keys,
    });
    batch[0]!.reject(reason);
  }

  private logCommit(batch: readonly Delivery[], { verdicts, lastSeq }: Commit, ms: number): void {
    this.logger.debug({
      msg: 'batch committed',
      events: verdicts.length,
      last_seq: lastSeq,
      ms: Math.round(ms * 10) / 10,
    });
    const events = batch.flatMap((delivery) => delivery.events);
    for (const [index, { topic, event_id }] of events.entries()) {
      this.logger.debug({ msg: 'event processed', topic, event_id, ...verdicts[index] });
    }
  }
}

function countEvents(batch: readonly Delivery[]): number {
  return batch.reduce((sum, { events }) => sum + events.length, 0);
}
