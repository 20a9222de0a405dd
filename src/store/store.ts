import type { OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config.js';
import { Checkpointer } from './sqlite/checkpointer.js';
import type { EventJson } from '../event/event-json.js';
import type { FoundEvents, Reader, TopicSummary } from './sqlite/reader.js';
import { Thread, ThreadEndedError } from './sqlite/thread.js';
import type { TopicCounters } from './topic-counters.entity.js';
import type { Writer } from './sqlite/writer.js';
import type { DedupKey, NewEvent } from '../event/event.js';
import { OUTCOMES, type Verdict } from '../event/verdict.js';
import type { EventFilter } from './event-filter.js';

/** What SQLite complains of when a value cannot be stored. All else it says is about itself: full disk, lock, I/O. */
const FAULT_OF_A_VALUE = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;
/** Damage, which trying again does not mend. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/;

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

/** The store cannot write, or read, now (disk full, file locked, I/O error); it may be asked again. */
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
    private readonly checkpointer: Checkpointer,
  ) {}

  /** Creates the database or brings it up to date. Rejects with `StoreOpenError`. */
  static async open({ databasePath }: Config): Promise<Store> {
    const writer = new Thread<Writer>({ role: 'writer', databasePath });
    let reader: Thread<Reader> | undefined;
    try {
      // One after the other: the writer makes the file that the reader opens.
      await writer.opened();
      reader = new Thread<Reader>({ role: 'reader', databasePath });
      await reader.opened();
      return new Store(writer, reader, new Checkpointer(databasePath));
    } catch (error) {
      await Promise.all([writer.end(), reader?.end()]);
      throw new StoreOpenError(`The database ${databasePath} cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    try {
      await this.checkpointer.end();
      // Nothing may keep the writer from bringing the log into the file.
      await this.writer.remote.close();
      await this.reader.remote.close();
    } finally {
      await Promise.all([this.writer.end(), this.reader.end()]);
    }
  }

  /**
   * Stores the new ones of a batch and counts all of it, in one transaction. Resolves when that is on disk.
   * Rejects with `StoreUnavailableError`, or with another error when one of the events cannot be stored; in
   * both cases nothing of the batch has changed the database.
   */
  async commit(events: readonly NewEvent[]): Promise<Commit> {
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
      throw asUnavailable(error, FAULT_OF_A_VALUE);
    }
  }

  /** Resolves when a page could be written and synced. */
  probe(): Promise<void> {
    return this.writer.remote.probe();
  }

  find(filter: EventFilter): Promise<FoundEvents> {
    return this.read((reader) => reader.find(filter));
  }

  get(topic: string, eventId: string): Promise<EventJson | null> {
    return this.read((reader) => reader.get(topic, eventId));
  }

  /** The seq of each key, in their order; null where it is not stored. */
  lookup(keys: readonly DedupKey[]): Promise<(number | null)[]> {
    return this.read((reader) => reader.lookup(keys));
  }

  /** The highest seq that is stored; 0 if nothing is. */
  lastSeq(): Promise<number> {
    return this.read((reader) => reader.lastSeq());
  }

  /** Topics by name, those after `after`. */
  topics(after: string, limit: number): Promise<TopicSummary[]> {
    return this.read((reader) => reader.topics(after, limit));
  }

  /** The counters of every topic. */
  counters(): Promise<TopicCounters[]> {
    return this.read((reader) => reader.counters());
  }

  /** Rejects with `StoreUnavailableError`, or with another error where the database is damaged. */
  private async read<T>(ask: (reader: Thread<Reader>['remote']) => Promise<T>): Promise<T> {
    try {
      return await ask(this.reader.remote);
    } catch (error) {
      throw asUnavailable(error, DAMAGE);
    }
  }
}

/** A failure of SQLite, or of its thread, as one that may pass, but for some codes; of our own code, as it is. */
function asUnavailable(error: unknown, butFor: RegExp): unknown {
  const { code = '', message } = error as Error & { code?: string };
  const mayPass = error instanceof ThreadEndedError || (code.startsWith('SQLITE_') && !butFor.test(code));
  return mayPass ? new StoreUnavailableError(message, { cause: error }) : error;
}
