import type { OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config.js';
import type { CheckedEvent, Verdict } from '../queue/submission.js';
import type { EventFilter } from './event-filter.js';
import type { EventJson, Reader } from './reader.js';
import { Thread, ThreadError } from './thread.js';
import type { TopicCounters } from './topic-counters.entity.js';
import { OUTCOMES, type Writer } from './writer.js';

/** SQLite's complaints about one row, by the first words of the code. Everything else is the store's own state. */
const FAULT_OF_AN_EVENT = /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/;

/** What one commit did. */
export interface Commit {
  /** In the order of the events. */
  readonly verdicts: readonly Verdict[];
  /** What was added to each topic's counters. */
  readonly counters: readonly TopicCounters[];
  readonly lastSeq: number;
}

/** The store cannot write now (disk full, file locked, I/O error); what was to be written may be sent again. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The database cannot be opened, or another instance has it. The message names it and the reason. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

/** The dedup store: one thread writes, another reads; both answer in the order they are asked. */
export class Store implements OnApplicationShutdown {
  private constructor(
    private readonly writer: Thread<Writer>,
    private readonly reader: Thread<Reader>,
  ) {}

  /** Creates the database or brings it up to date. Rejects with `StoreOpenError`. */
  static async open({ DATABASE_URL: databaseUrl }: Config): Promise<Store> {
    try {
      const writer = new Thread<Writer>({ role: 'writer', databaseUrl });
      await writer.opened();
      const reader = new Thread<Reader>({ role: 'reader', databaseUrl });
      await reader.opened();
      return new Store(writer, reader);
    } catch (error) {
      throw new StoreOpenError(`${databaseUrl} cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    for (const thread of [this.reader, this.writer]) {
      await thread.remote.close();
      await thread.end();
    }
  }

  /**
   * Stores the new ones of a batch and counts all of it, in one transaction. Resolves when that is on disk.
   * Rejects with `StoreUnavailableError`, or with another error when one of the events cannot be stored; in
   * both cases nothing of the batch has changed the database.
   */
  async commit(events: readonly CheckedEvent[]): Promise<Commit> {
    const values: string[] = [];
    for (const { topic, event_id, timestamp, source, payload } of events) {
      values.push(topic, event_id, timestamp, source, payload);
    }
    try {
      const { outcomes, seqs, counters, lastSeq } = await this.writer.remote.commit(values);
      const verdicts = events.map((_, index) => ({
        outcome: OUTCOMES[outcomes[index]!]!,
        seq: seqs[index]!,
      }));
      return { verdicts, counters, lastSeq };
    } catch (error) {
      const { code, message } = error as ThreadError;
      if (code !== undefined && FAULT_OF_AN_EVENT.test(code)) throw error;
      throw new StoreUnavailableError(message, { cause: error });
    }
  }

  /** Resolves when a page could be written and synced. */
  probe(): Promise<void> {
    return this.writer.remote.probe();
  }

  find(filter: EventFilter): Promise<EventJson[]> {
    return this.reader.remote.find(filter);
  }

  get(topic: string, eventId: string): Promise<EventJson | null> {
    return this.reader.remote.get(topic, eventId);
  }

  /** The counters of every topic. */
  counters(): Promise<TopicCounters[]> {
    return this.reader.remote.counters();
  }
}
