import type { Database, Statement } from 'better-sqlite3';
import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import { finishLog } from './checkpoints.js';
import type { TopicCounters } from '../topic-counters.entity.js';

/** Values of an event in a flat batch: topic, event_id, timestamp, source, payload. */
const VALUES_PER_EVENT = 5;

const [STORED, DUPLICATE, CONFLICT] = [0, 1, 2];

/** Verdicts of a batch in its order: an index into OUTCOMES and a seq for each event. */
export interface Committed {
  readonly outcomes: Uint8Array;
  readonly seqs: Float64Array;
  readonly counters: TopicCounters[];
  readonly lastSeq: number;
  /** Of the events stored by this batch. */
  readonly processedAt: string;
}

interface Original {
  seq: number;
  payload: string;
}

/** The one connection that writes. Its statements run on the driver's own prepared ones: no text is parsed twice. */
export class Writer {
  private readonly insert: Statement;
  private readonly findOriginal: Statement<[string, string], Original>;
  private readonly addCounters: Statement;
  private lastSeq: number;
  private lastProcessedAt: string;
  private lastCommitFailed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly lock: Database,
  ) {
    // The unique index decides, inside the transaction: there is no moment between asking and inserting in
    // which another publisher's copy could slip in. A key that is there already leaves no trace, not even a seq.
    this.insert = database.prepare(`
      INSERT INTO processed_events (topic, event_id, timestamp, source, payload, processed_at)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (topic, event_id) DO NOTHING`);
    this.findOriginal = database.prepare(
      `SELECT seq, payload FROM processed_events WHERE topic = ? AND event_id = ?`,
    );
    this.addCounters = database.prepare(`
      INSERT INTO topic_counters (topic, received, unique_processed, duplicate_dropped, conflicts)
      VALUES (@topic, @received, @unique_processed, @duplicate_dropped, @conflicts)
      ON CONFLICT (topic) DO UPDATE SET
        received = received + excluded.received,
        unique_processed = unique_processed + excluded.unique_processed,
        duplicate_dropped = duplicate_dropped + excluded.duplicate_dropped,
        conflicts = conflicts + excluded.conflicts`);
    const last = database
      .prepare<[], { seq: number; processed_at: string }>(
        `SELECT seq, processed_at FROM processed_events ORDER BY seq DESC LIMIT 1`,
      )
      .get();
    this.lastSeq = last?.seq ?? 0;
    this.lastProcessedAt = last?.processed_at ?? '';
  }

  /** Stores the new ones of a batch and counts all of it, in one transaction, on disk when this returns. */
  commit(values: readonly string[]): Committed {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const committed = this.writeAll(values);
      this.database.exec('COMMIT');
      this.lastSeq = committed.lastSeq;
      this.lastCommitFailed = false;
      finishLog(this.database);
      return committed;
    } catch (error) {
      this.lastCommitFailed = true;
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Writes a page and syncs it, as a commit would; throws what a commit would throw. */
  probe(): void {
    if (this.lastCommitFailed) {
      // On a full disk a page may still fit into the log where a batch does not; what does not fit is the
      // log into the database file. Without this, nothing but the next publisher would find out.
      this.database.pragma('wal_checkpoint(PASSIVE)');
      this.lastCommitFailed = false;
    }
    const version = this.database.pragma('user_version', { simple: true }) as number;
    this.database.pragma(`user_version = ${version === 0 ? 1 : 0}`);
  }

  /** Brings the log into the database file and closes it. */
  async close(): Promise<void> {
    this.database.pragma('wal_checkpoint(TRUNCATE)');
    await this.dataSource.destroy();
    this.lock.close();
  }

  private writeAll(values: readonly string[]): Committed {
    const size = values.length / VALUES_PER_EVENT;
    const outcomes = new Uint8Array(size);
    const seqs = new Float64Array(size);
    const counters = new Map<string, TopicCounters>();
    const processedAt = this.now();
    let lastSeq = this.lastSeq;

    for (let index = 0, at = 0; index < size; index++, at += VALUES_PER_EVENT) {
      const topic = values[at]!;
      const eventId = values[at + 1]!;
      const payload = values[at + 4]!;
      const inserted = this.insert.run(topic, eventId, values[at + 2], values[at + 3], payload, processedAt);

      const counter = counters.get(topic) ?? noneCounted(topic);
      counters.set(topic, counter);
      counter.received++;
      if (inserted.changes === 1) {
        lastSeq = Number(inserted.lastInsertRowid);
        outcomes[index] = STORED;
        seqs[index] = lastSeq;
        counter.unique_processed++;
      } else {
        const original = this.findOriginal.get(topic, eventId)!;
        outcomes[index] = isSamePayload(original.payload, payload) ? DUPLICATE : CONFLICT;
        seqs[index] = original.seq;
        counter.duplicate_dropped++;
        if (outcomes[index] === CONFLICT) counter.conflicts++;
      }
    }
    for (const counter of counters.values()) this.addCounters.run(counter);
    return { outcomes, seqs, counters: [...counters.values()], lastSeq, processedAt };
  }

  /** Never falls, even when the clock is set back, so that processed_at and seq tell the same order. */
  private now(): string {
    const now = new Date().toISOString();
    if (now > this.lastProcessedAt) this.lastProcessedAt = now;
    return this.lastProcessedAt;
  }
}

function noneCounted(topic: string): TopicCounters {
  return { topic, received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0 };
}

/** Whether two JSON texts say the same: the order of keys does not matter. */
function isSamePayload(a: string, b: string): boolean {
  return a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}
