import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Observable } from 'rxjs';
import type { DedupKey } from '../../event/event.js';
import type { EventJson } from '../../event/event-json.js';
import type { Submission } from '../../event/submission.js';
import { type EventFilter, isScan } from '../event-filter.js';
import {
  type Commit,
  type FoundEvents,
  type DiskSpace,
  type FindOptions,
  Store,
  type StoreCheck,
  type StoreCounters,
  type TopicSummary,
} from '../store.js';
import {
  StoreDamagedError,
  StoreOpenError,
  StoreUnavailableError,
  UnstorableEventError,
} from '../store-errors.js';
import { CheckpointSchedule } from './checkpoint-schedule.js';
import type { Checkpointer } from './checkpointer.js';
import { decodeVerdicts, encodeEvents } from './commit.codec.js';
import { ReadQueue } from '../read-queue.js';
import type { Reader } from './reader.js';
import { RunningTotals } from './running-totals.js';
import { SCHEMA } from './schema.js';
import { checkClock, checkWal } from './store-checks.js';
import { ThreadEndedError, WorkerClient } from './worker-client.js';
import type { Role } from './worker-protocol.js';
import type { Writer } from './writer.js';

/**
 * Result codes caused by a value. All others are caused by the database, such as a full disk, a lock or an I/O error.
 */
const UNSTORABLE = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG)/;
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/**
 * Store in one SQLite file that this process owns. One thread writes, one reads by index, one scans, and one
 * checkpoints the WAL. Submission ids are not recorded, because the result of a commit is lost only if the process
 * ends.
 */
export class SqliteStore extends Store {
  readonly isShared = false;
  readonly schema = SCHEMA;
  readonly id = undefined;
  readonly checkpointMs: Observable<number>;
  private readonly totals = new RunningTotals();
  private readonly reads = new ReadQueue();
  private readonly scans = new ReadQueue();
  private readonly checkpoints: CheckpointSchedule;
  /** The `processed_at` of the last event; empty if there is none. */
  private lastProcessedAt = '';

  private constructor(
    private readonly path: string,
    private readonly writer: WorkerClient<Writer>,
    private readonly reader: WorkerClient<Reader>,
    private readonly scanner: WorkerClient<Reader>,
    private readonly checkpointer: WorkerClient<Checkpointer>,
  ) {
    super();
    this.checkpoints = new CheckpointSchedule(checkpointer.remote);
    this.checkpointMs = this.checkpoints.durations;
  }

  /** Opens the database file, and creates or migrates it if necessary. Rejects with `StoreOpenError` on failure. */
  static async open(path: string): Promise<SqliteStore> {
    const threads: WorkerClient<unknown>[] = [];
    const start = async <T>(role: Role): Promise<WorkerClient<T>> => {
      const thread = new WorkerClient<T>(role, path);
      threads.push(thread);
      await thread.opened();
      return thread;
    };
    try {
      // The writer starts first, because it creates the file that the others open.
      const writer = await start<Writer>('writer');
      const [reader, scanner, checkpointer] = await Promise.all([
        start<Reader>('reader'),
        start<Reader>('scanner'),
        start<Checkpointer>('checkpointer'),
      ]);
      const store = new SqliteStore(path, writer, reader, scanner, checkpointer);
      store.totals.add(await reader.remote.counters());
      store.lastProcessedAt = await writer.remote.lastProcessedAt();
      return store;
    } catch (error) {
      await Promise.all(threads.map((thread) => thread.terminate()));
      throw new StoreOpenError(`The database ${path} cannot be opened: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async commit(batch: readonly Submission[]): Promise<Commit> {
    try {
      const { verdicts, counters, ...commit } = await this.writer.remote.commit(encodeEvents(batch));
      this.totals.add(counters);
      if (commit.stored > 0) this.lastProcessedAt = commit.processedAt;
      this.checkpoints.afterWrite();
      return { verdicts: decodeVerdicts(verdicts), ...commit };
    } catch (error) {
      // A damaged database counts as unavailable, so that events accepted with 202 are kept and retried.
      throw isFromSqlite(error) && !hasCode(error, UNSTORABLE)
        ? unavailable(error)
        : new UnstorableEventError((error as Error).message, { cause: error });
    }
  }

  /** Has no effect, because ids are not recorded. */
  keepIdsSince(): void {}

  async probe(): Promise<void> {
    try {
      await this.writer.remote.probe();
      this.checkpoints.afterWrite();
    } catch (error) {
      throw unavailable(error);
    }
  }

  find(filter: EventFilter, { signal, patient }: FindOptions = {}): Promise<FoundEvents> {
    if (!isScan(filter)) return this.read((reader) => reader.find(filter, signal), signal);
    // Scans have their own thread, because one step takes tens of milliseconds and would delay reads by index.
    const scan = () => toStoreError(this.scanner.remote.find(filter, signal), signal);
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

  async counters(): Promise<StoreCounters> {
    return this.totals.read();
  }

  topics(after: string, limit: number): Promise<TopicSummary[]> {
    return this.read((reader) => reader.topics(after, limit));
  }

  async checks(): Promise<StoreCheck[]> {
    return [checkWal(this.checkpoints.report), checkClock(this.lastProcessedAt, new Date())];
  }

  async space(): Promise<DiskSpace> {
    try {
      const { bavail, blocks, bsize } = await statfs(dirname(this.path));
      const { size: storeBytes } = await stat(this.path);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, storeBytes };
    } catch (error) {
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    try {
      this.checkpoints.close();
      // The checkpointer closes first, so that it does not hold the checkpoint lock while the writer truncates the
      // WAL.
      await this.checkpointer.remote.close();
      await this.writer.remote.close();
      await Promise.all([this.reader.remote.close(), this.scanner.remote.close()]);
    } finally {
      const threads = [this.checkpointer, this.writer, this.reader, this.scanner];
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
  }

  /** Reads by index. The queue bounds the results in memory, regardless of how many requests are pipelined. */
  private read<T>(
    query: (reader: WorkerClient<Reader>['remote']) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.reads.run(() => toStoreError(query(this.reader.remote), signal), { signal, patient: true });
  }
}

/** Converts the error of a read. Throws the reason of the signal if it has aborted. */
async function toStoreError<T>(read: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await read;
  } catch (error) {
    signal?.throwIfAborted();
    if (hasCode(error, DAMAGED)) throw new StoreDamagedError((error as Error).message, { cause: error });
    if (isFromSqlite(error)) throw unavailable(error);
    throw error;
  }
}

function unavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError((error as Error).message, { cause: error });
}

/** Returns whether SQLite raised the error or a store thread has ended. */
function isFromSqlite(error: unknown): boolean {
  return error instanceof ThreadEndedError || hasCode(error, /^SQLITE_/);
}

function hasCode(error: unknown, codes: RegExp): boolean {
  return codes.test((error as { code?: string }).code ?? '');
}
