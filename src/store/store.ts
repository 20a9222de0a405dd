import type { OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config.js';
import { type CheckedEvent, OUTCOMES, type Verdict } from '../queue/submission.js';
import type { EventFilter } from './event-filter.js';
import type { EventJson } from './event-json.js';
import type { DedupKey, FoundEvents, Reader, TopicSummary } from './reader.js';
import { Thread, ThreadEndedError } from './thread.js';
import type { TopicCounters } from './topic-counters.entity.js';
import type { Writer } from './writer.js';

/** SQLite's complaints about itself: full disk, lock, I/O. Anything else is the fault of some event of the batch. */
const STATE_OF_THE_STORE =
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|CORRUPT|NOTADB|PERM|PROTOCOL|AUTH|INTERRUPT|SCHEMA|NOLFS)/;

/** What one commit did. */
export interface Commit {
  /** In the order of the events. */
  readonly verdicts: readonly Verdict[];
  /** What was added to each topic's counters. */
  readonly counters: readonly TopicCounters[];
  /** The highest seq stored so far. */
  readonly lastSeq: number;
  /** Of the events stored by this commit. */
  readonly processedAt: string;
}

/** The store cannot write now (disk full, file locked, I/O error); what was to be written may be sent again. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The database cannot be opened, or another instance has it. The message names it and the reason. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

/** The dedup store: one thread writes, in the order it is asked; another reads. */
export class Store implements OnApplicationShutdown {
  private constructor(
    private readonly writer: Thread<Writer>,
    private readonly reader: Thread<Reader>,
  ) {}

  /** Creates the database or brings it up to date. Rejects with `StoreOpenError`. */
  static async open({ databasePath }: Config): Promise<Store> {
    const writer = new Thread<Writer>({ role: 'writer', databasePath });
    try {
      await writer.opened();
      const reader = new Thread<Reader>({ role: 'reader', databasePath });
      await reader.opened();
      return new Store(writer, reader);
    } catch (error) {
      await writer.end();
      throw new StoreOpenError(`The database ${databasePath} cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    // The writer first: nothing may keep it from bringing the log into the file.
    for (const thread of [this.writer, this.reader]) {
      try {
        await thread.remote.close();
      } finally {
        await thread.end();
      }
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
      const { outcomes, seqs, counters, lastSeq, processedAt } = await this.writer.remote.commit(values);
      const verdicts = events.map((_, index) => ({
        outcome: OUTCOMES[outcomes[index]!]!,
        seq: seqs[index]!,
      }));
      return { verdicts, counters, lastSeq, processedAt };
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      const unavailable = error instanceof ThreadEndedError || STATE_OF_THE_STORE.test(code ?? '');
      throw unavailable ? new StoreUnavailableError(message, { cause: error }) : error;
    }
  }

  /** Resolves when a page could be written and synced. */
  probe(): Promise<void> {
    return this.writer.remote.probe();
  }

  find(filter: EventFilter): Promise<FoundEvents> {
    return this.reader.remote.find(filter);
  }

  get(topic: string, eventId: string): Promise<EventJson | null> {
    return this.reader.remote.get(topic, eventId);
  }

  /** The seq of each key, in their order; null where it is not stored. */
  lookup(keys: readonly DedupKey[]): Promise<(number | null)[]> {
    return this.reader.remote.lookup(keys);
  }

  /** The highest seq that is stored; 0 if nothing is. */
  lastSeq(): Promise<number> {
    return this.reader.remote.lastSeq();
  }

  /** Topics by name, those after `after`. */
  topics(after: string, limit: number): Promise<TopicSummary[]> {
    return this.reader.remote.topics(after, limit);
  }

  /** The counters of every topic. */
  counters(): Promise<TopicCounters[]> {
    return this.reader.remote.counters();
  }
}
