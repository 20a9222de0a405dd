import type { Database, Statement } from 'better-sqlite3';
import type { StoredEvent } from '../../event/event.js';
import type { Verdict } from '../../event/verdict.js';
import { areEqualTexts } from '../../json/equal.js';
import type { Commit } from '../store.js';
import { checkpointRest } from './checkpoints.js';
import { type EncodedVerdicts, mapEvents } from './commit.codec.js';
import type { Connection } from './connection.js';
import { MonotonicClock } from './monotonic-clock.js';
import type { TopicCounters } from './topic-counters.entity.js';

// The unique index detects duplicates in the transaction of the insert, so there is no race between a check and an
// insert. A duplicate changes no row and leaves no gap in seq.
const INSERT = `
  INSERT INTO processed_events (topic, event_id, timestamp, source, payload, processed_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (topic, event_id) DO NOTHING`;

const FIND_ORIGINAL = `SELECT seq, payload FROM processed_events WHERE topic = ? AND event_id = ?`;

const ADD_COUNTERS = `
  INSERT INTO topic_counters (topic, received, unique_processed, duplicate_dropped, conflicts)
  VALUES (@topic, @received, @unique_processed, @duplicate_dropped, @conflicts)
  ON CONFLICT (topic) DO UPDATE SET
    received = received + excluded.received,
    unique_processed = unique_processed + excluded.unique_processed,
    duplicate_dropped = duplicate_dropped + excluded.duplicate_dropped,
    conflicts = conflicts + excluded.conflicts`;

const FIND_LAST = `SELECT seq, processed_at FROM processed_events ORDER BY seq DESC LIMIT 1`;

type Original = Pick<StoredEvent, 'seq' | 'payload'>;
type LastEvent = Pick<StoredEvent, 'seq' | 'processed_at'>;

/** The result of one commit, encoded for the thread boundary. */
interface EncodedCommit extends Omit<Commit, 'verdicts'> {
  readonly verdicts: EncodedVerdicts;
  /** Increments of the counters of each topic. */
  readonly counters: readonly TopicCounters[];
}

/**
 * Commits batches on the only connection that changes rows. Uses prepared statements of the driver, because TypeORM's
 * insert builder reaches a third of their throughput (docs/decisions.md).
 */
export class Writer {
  private readonly database: Database;
  private readonly insert: Statement;
  private readonly findOriginal: Statement<[string, string], Original>;
  private readonly addCounters: Statement;
  private readonly clock: MonotonicClock;
  private readonly openedAfter: string;
  private lastSeq: number;
  private lastCommitFailed = false;

  constructor(
    private readonly connection: Connection,
    private readonly lock: Database,
  ) {
    this.database = connection.database;
    this.insert = this.database.prepare(INSERT);
    this.findOriginal = this.database.prepare(FIND_ORIGINAL);
    this.addCounters = this.database.prepare(ADD_COUNTERS);
    const last = this.database.prepare<[], LastEvent>(FIND_LAST).get();
    this.lastSeq = last?.seq ?? 0;
    this.openedAfter = last?.processed_at ?? '';
    this.clock = new MonotonicClock(this.openedAfter);
  }

  /**
   * Stores a batch and updates the counters in one transaction. The commit is fsynced when this method returns. Rolls
   * back and throws the error of SQLite if a statement fails.
   */
  commit(encodedEvents: readonly string[]): EncodedCommit {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const commit = this.write(encodedEvents);
      this.database.exec('COMMIT');
      this.lastSeq = commit.lastSeq;
      this.lastCommitFailed = false;
      checkpointRest(this.database);
      return commit;
    } catch (error) {
      this.lastCommitFailed = true;
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Returns the `processed_at` of the last event at start, or an empty string if there was none. */
  lastProcessedAt(): string {
    return this.openedAfter;
  }

  /** Writes and fsyncs one page to test whether the database is writable. Throws the error of SQLite if it is not. */
  probe(): void {
    if (this.lastCommitFailed) {
      // On a full disk, one page may fit into the WAL although a batch does not. A checkpoint also writes to the
      // database file, so it is more likely to detect the full disk.
      this.database.pragma('wal_checkpoint(PASSIVE)');
      this.lastCommitFailed = false;
    }
    const version = this.database.pragma('user_version', { simple: true }) as number;
    this.database.pragma(`user_version = ${version === 0 ? 1 : 0}`);
  }

  /** Checkpoints and truncates the WAL, closes the database and releases its lock. */
  async close(): Promise<void> {
    this.database.pragma('wal_checkpoint(TRUNCATE)');
    await this.connection.dataSource.destroy();
    this.lock.close();
  }

  private write(encodedEvents: readonly string[]): EncodedCommit {
    const counters = new Map<string, TopicCounters>();
    const processedAt = this.clock.now();
    let lastSeq = this.lastSeq;

    const verdicts = mapEvents(encodedEvents, (topic, eventId, timestamp, source, payload): Verdict => {
      const counter = counters.get(topic) ?? emptyCounters(topic);
      counters.set(topic, counter);
      counter.received++;
      const inserted = this.insert.run(topic, eventId, timestamp, source, payload, processedAt);
      if (inserted.changes === 1) {
        lastSeq = Number(inserted.lastInsertRowid);
        counter.unique_processed++;
        return { outcome: 'stored', seq: lastSeq };
      }
      const { seq, payload: original } = this.findOriginal.get(topic, eventId)!;
      const equal = areEqualTexts(original, payload);
      counter.duplicate_dropped++;
      if (!equal) counter.conflicts++;
      return { outcome: equal ? 'duplicate' : 'conflict', seq };
    });
    for (const counter of counters.values()) this.addCounters.run(counter);
    return {
      verdicts,
      counters: [...counters.values()],
      stored: lastSeq - this.lastSeq,
      lastSeq,
      processedAt,
    };
  }
}

function emptyCounters(topic: string): TopicCounters {
  return { topic, received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0 };
}
