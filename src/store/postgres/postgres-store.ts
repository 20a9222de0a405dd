import { EMPTY } from 'rxjs';
import type { DedupKey } from '../../event/event.js';
import type { EventJson } from '../../event/event-json.js';
import type { Submission } from '../../event/submission.js';
import { type EventFilter, isScan } from '../event-filter.js';
import { ReadQueue } from '../read-queue.js';
import {
  type Commit,
  type FindOptions,
  type FoundEvents,
  Store,
  type StoreCheck,
  type StoreCounters,
  type TopicSummary,
} from '../store.js';
import { StoreOpenError } from '../store-errors.js';
import { migrate, openPool, READING, WRITING } from './connection.js';
import { Hosts } from './hosts.js';
import { reasonOf, toCommitError, toReadError, toUnavailable } from './postgres-errors.js';
import { Reader } from './reader.js';
import { SCHEMA } from './schema.js';
import { Writer } from './writer.js';

/** Store in a PostgreSQL database, which several replicas can share. */
export class PostgresStore extends Store {
  readonly isShared = true;
  readonly schema = SCHEMA;
  readonly checkpointMs = EMPTY;
  private readonly reads = new ReadQueue();
  private readonly scans = new ReadQueue();
  private storeId = '';

  private constructor(
    private readonly writer: Writer,
    private readonly reader: Reader,
  ) {
    super();
  }

  get id(): string {
    return this.storeId;
  }

  /** Opens the database, after creating or migrating its tables if necessary. Rejects with `StoreOpenError`. */
  static async open(databaseUrl: string): Promise<PostgresStore> {
    try {
      const hosts = new Hosts(databaseUrl);
      await migrate(hosts);
      const [writer, reader] = [new Writer(openPool(hosts, WRITING)), new Reader(openPool(hosts, READING))];
      const store = new PostgresStore(writer, reader);
      try {
        // Without it, the start on a read-only database would succeed.
        await writer.probe();
        store.storeId = await reader.storeId();
      } catch (error) {
        await store.close();
        throw error;
      }
      return store;
    } catch (error) {
      throw new StoreOpenError(`The database of DATABASE_URL cannot be opened: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async commit(batch: readonly Submission[]): Promise<Commit> {
    try {
      return await this.writer.commit(batch);
    } catch (error) {
      throw toCommitError(error);
    }
  }

  keepIdsSince(time: Date): void {
    this.writer.keepReceiptsSince(time);
  }

  async probe(): Promise<void> {
    try {
      await this.writer.probe();
    } catch (error) {
      throw toUnavailable(error);
    }
  }

  find(filter: EventFilter, { signal, patient }: FindOptions = {}): Promise<FoundEvents> {
    if (!isScan(filter)) return this.read((reader) => reader.find(filter, signal), signal);
    const scan = () => toStoreError(this.reader.find(filter, signal), signal);
    return this.scans.run(scan, { signal, patient });
  }

  get(key: DedupKey): Promise<EventJson | null> {
    return this.read((reader) => reader.get(key));
  }

  lookup(keys: readonly DedupKey[]): Promise<(number | null)[]> {
    return this.read((reader) => reader.lookup(keys));
  }

  lastSeq(): Promise<number> {
    return this.read((reader) => reader.lastSeq());
  }

  counters(): Promise<StoreCounters> {
    return this.read((reader) => reader.counters());
  }

  topics(after: string, limit: number): Promise<TopicSummary[]> {
    return this.read((reader) => reader.topics(after, limit));
  }

  /** Returns no checks: the probe detects what an operator must know. */
  async checks(): Promise<StoreCheck[]> {
    return [];
  }

  async space(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.reader.close();
  }

  /** Reads by index. The queue bounds the results in memory, however many requests are pipelined. */
  private read<T>(query: (reader: Reader) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.reads.run(() => toStoreError(query(this.reader), signal), { signal, patient: true });
  }
}

/** Converts the error of a read. Throws the reason of the signal if it has aborted. */
async function toStoreError<T>(read: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await read;
  } catch (error) {
    signal?.throwIfAborted();
    throw toReadError(error);
  }
}
