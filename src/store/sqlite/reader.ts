import type { Database } from 'better-sqlite3';
import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { DedupKey, StoredEvent } from '../../event/event.js';
import { type EventJson, toEventJson } from '../../event/event-json.js';
import { topicPattern } from '../../event/selection.js';
import { matchesPattern } from '../../event/topic-pattern.js';
import { type EventFilter, isScan } from '../event-filter.js';
import type { FoundEvents, TopicCounters, TopicSummary } from '../store.js';
import { Sqlite } from './driver.js';

const BY_KEY = 'SELECT * FROM processed_events WHERE topic = ? AND event_id = ?';
const SEQ_BY_KEY = 'SELECT seq FROM processed_events WHERE topic = ? AND event_id = ?';
const LAST_SEQ = 'SELECT coalesce(max(seq), 0) FROM processed_events';
const NEXT_BY_SEQ = 'SELECT seq, processed_at FROM processed_events WHERE seq >= ? ORDER BY seq LIMIT 1';
// rowid order is the order in which topics were first counted.
const COUNTERS = 'SELECT * FROM topic_counters ORDER BY rowid';
// The index on topic yields the first and the last seq of a topic without a scan.
const TOPICS = `
  SELECT topic, received, unique_processed, duplicate_dropped, conflicts,
    (SELECT processed_at FROM processed_events WHERE seq =
      (SELECT min(seq) FROM processed_events e WHERE e.topic = c.topic)) AS first_event_at,
    (SELECT processed_at FROM processed_events WHERE seq =
      (SELECT max(seq) FROM processed_events e WHERE e.topic = c.topic)) AS last_event_at
  FROM topic_counters c WHERE topic > ? ORDER BY topic LIMIT ?`;

/** Number of rows per step of a scan. Other reads and cancellations are processed between two steps. */
const SCAN_ROWS = 20_000;

/** Maximum wait of a read for a lock. In WAL mode, a read waits only while another connection recovers the WAL. */
const BUSY_TIMEOUT_MS = 300;

/** Runs queries on a read-only connection, which sees only committed events. */
export class Reader {
  private readonly database: Database;

  constructor(path: string) {
    this.database = new Sqlite(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    this.database.function('matches_pattern', { deterministic: true }, (pattern, topic) =>
      Number(matchesPattern(pattern as string, topic as string)),
    );
  }

  /**
   * Returns the first events that pass the filter, up to `limit` events or `maxBytes`. A key or a topic is read
   * through its index, all other events in the order of seq. Filters by source or pattern have no index. For them,
   * SQLite scans `SCAN_ROWS` rows per step without loading payloads, and other reads run between steps. If the signal
   * aborts, throws its reason before the next step.
   */
  async find(filter: EventFilter, signal?: AbortSignal): Promise<FoundEvents> {
    const ascending = filter.order === 'asc';
    let { first, last } = this.bounds(filter);
    const scans = isScan(filter);
    const step = scans ? SCAN_ROWS : Number.MAX_SAFE_INTEGER;
    const events: EventJson[] = [];
    let bytes = 0;
    while (first <= last) {
      if (scans) await setImmediate();
      signal?.throwIfAborted();
      const [from, to] = ascending
        ? [first, Math.min(last, first + step - 1)]
        : [Math.max(first, last - step + 1), last];
      for (const row of this.rows(filter, from, to)) {
        if (events.length === filter.limit || bytes > filter.maxBytes) return { events, more: true };
        const event = toEventJson(row);
        events.push(event);
        bytes += Buffer.byteLength(event.json);
      }
      if (ascending) first = to + 1;
      else last = from - 1;
    }
    return { events, more: false };
  }

  get({ topic, event_id }: DedupKey): EventJson | null {
    const row = this.database.prepare<[string, string], StoredEvent>(BY_KEY).get(topic, event_id);
    return row ? toEventJson(row) : null;
  }

  lookup(keys: readonly DedupKey[]): (number | null)[] {
    const find = this.database.prepare<[string, string], number>(SEQ_BY_KEY).pluck();
    return keys.map(({ topic, event_id }) => find.get(topic, event_id) ?? null);
  }

  lastSeq(): number {
    return this.database.prepare<[], number>(LAST_SEQ).pluck().get()!;
  }

  /** Returns the counters of every topic, in the order of their first events. */
  counters(): TopicCounters[] {
    return this.database.prepare<[], TopicCounters>(COUNTERS).all();
  }

  topics(after: string, limit: number): TopicSummary[] {
    return this.database.prepare<[string, number], TopicSummary>(TOPICS).all(after, limit);
  }

  close(): void {
    this.database.close();
  }

  private rows(filter: EventFilter, from: number, to: number): IterableIterator<StoredEvent> {
    const { topic, event_id, source, order } = filter;
    const pattern = topicPattern(filter);
    const conditions = ['seq BETWEEN :from AND :to'];
    if (pattern !== undefined) conditions.push('matches_pattern(:pattern, topic)');
    else if (topic !== undefined) conditions.push('topic = :topic');
    if (event_id !== undefined) conditions.push('event_id = :event_id');
    if (source !== undefined) conditions.push('source = :source');
    const query = `SELECT * FROM processed_events WHERE ${conditions.join(' AND ')} ORDER BY seq ${order}`;
    return this.database
      .prepare<object, StoredEvent>(query)
      .iterate({ from, to, pattern, topic, event_id, source });
  }

  /** Returns the inclusive range of seqs that the cursors and times of the filter allow. */
  private bounds({ after = 0, before = Number.MAX_SAFE_INTEGER, since, until }: EventFilter) {
    const lastSeq = this.lastSeq();
    return {
      first: Math.max(after + 1, since === undefined ? 1 : this.firstSeqAt(since, lastSeq)),
      last: Math.min(before - 1, until === undefined ? lastSeq : this.firstSeqAt(until, lastSeq) - 1),
    };
  }

  /**
   * Returns the first seq stored at `time` or later. `processed_at` never decreases with seq. A binary search over
   * the primary key therefore replaces an index on time. It takes about twenty steps among a million events.
   */
  private firstSeqAt(time: string, lastSeq: number): number {
    const next = this.database.prepare<[number], Pick<StoredEvent, 'seq' | 'processed_at'>>(NEXT_BY_SEQ);
    let low = 1;
    let high = lastSeq + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const { seq, processed_at } = next.get(middle)!;
      if (processed_at < time) low = seq + 1;
      else high = middle;
    }
    return low;
  }
}
