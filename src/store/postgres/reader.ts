import type { Pool, QueryResultRow } from 'pg';
import { Buffer } from 'node:buffer';
import type { DedupKey, StoredEvent } from '../../event/event.js';
import { type EventJson, toEventJson } from '../../event/event-json.js';
import { topicPattern } from '../../event/selection.js';
import { type EventFilter, isScan } from '../event-filter.js';
import type { FoundEvents, StoreCounters, TopicSummary } from '../store.js';
import { toTextArray } from './text-array.js';

const BY_KEY = 'SELECT * FROM processed_events WHERE topic = $1 AND event_id = $2';

const SEQS_BY_KEY = `
  SELECT (SELECT x.seq FROM processed_events x WHERE x.topic = k.topic AND x.event_id = k.event_id) AS seq
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (topic, event_id, n) ORDER BY k.n`;

const STORE_ID = 'SELECT store_id FROM log_head';

const LAST_SEQ = 'SELECT last_seq AS seq FROM log_head';

// One statement, so that the totals and the topics are of the same commit.
const COUNTERS = `
  SELECT received, last_seq AS unique_processed, received - last_seq AS duplicate_dropped, conflicts,
    ARRAY (SELECT topic FROM topic_counters ORDER BY first_seq) AS topics
  FROM log_head`;

const TOPICS = `
  SELECT topic, received, unique_processed, duplicate_dropped, conflicts,
    (SELECT processed_at FROM processed_events WHERE seq = c.first_seq) AS first_event_at,
    (SELECT processed_at FROM processed_events e WHERE e.topic COLLATE "POSIX" = c.topic COLLATE "POSIX"
      ORDER BY seq + 0 DESC LIMIT 1) AS last_event_at
  FROM topic_counters c WHERE topic > $1 ORDER BY topic LIMIT $2`;

// The first seq stored at a time or later. processed_at never decreases with seq, so a binary search over the primary
// key replaces an index on time. It takes about twenty steps among a million events.
const FIRST_SEQ_AT = `
  WITH RECURSIVE search (low, high) AS (
    SELECT 1::bigint, last_seq + 1 FROM log_head
    UNION ALL
    SELECT CASE WHEN processed_at < $1 THEN seq + 1 ELSE low END, CASE WHEN processed_at < $1 THEN high ELSE seq END
    FROM search JOIN processed_events ON seq = (low + high) / 2
    WHERE low < high
  ) SELECT low AS seq FROM search WHERE low = high`;

/** Rows scanned per step where no index helps. Other reads and cancellations take effect between two steps. */
const SCAN_ROWS = 20_000;

/**
 * Runs queries, each in its own snapshot. An event with a greater seq is never visible before one with a smaller seq, so
 * a read may continue in another snapshot. Throws the errors of the driver.
 */
export class Reader {
  constructor(private readonly pool: Pool) {}

  /**
   * Returns the first events that pass the filter, up to `limit` events or `maxBytes`. A key or a topic is read
   * through its index, all other events in the order of seq. Filters by source or pattern have no index. For them,
   * PostgreSQL scans `SCAN_ROWS` rows per step. Throws the reason of the signal after a step.
   */
  async find(filter: EventFilter, signal?: AbortSignal): Promise<FoundEvents> {
    const ascending = filter.order === 'asc';
    let { first, last } = await this.bounds(filter);
    const step = isScan(filter) ? SCAN_ROWS : Number.MAX_SAFE_INTEGER;
    const events: EventJson[] = [];
    let bytes = 0;
    while (first <= last) {
      const [from, to] = ascending
        ? [first, Math.min(last, first + step - 1)]
        : [Math.max(first, last - step + 1), last];
      const room = { rows: filter.limit - events.length, bytes: filter.maxBytes - bytes };
      const rows = await this.rows(filter, from, to, room);
      signal?.throwIfAborted();
      for (const row of rows) {
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

  async get({ topic, event_id }: DedupKey): Promise<EventJson | null> {
    const [row] = await this.query<StoredEvent>(BY_KEY, [topic, event_id]);
    return row ? toEventJson(row) : null;
  }

  async lookup(keys: readonly DedupKey[]): Promise<(number | null)[]> {
    const rows = await this.query<{ seq: number | null }>(SEQS_BY_KEY, [
      toTextArray(keys.map(({ topic }) => topic)),
      toTextArray(keys.map(({ event_id }) => event_id)),
    ]);
    return rows.map(({ seq }) => seq);
  }

  async storeId(): Promise<string> {
    const [row] = await this.query<{ store_id: string }>(STORE_ID);
    return row!.store_id;
  }

  async lastSeq(): Promise<number> {
    const [row] = await this.query<{ seq: number }>(LAST_SEQ);
    return row!.seq;
  }

  async counters(): Promise<StoreCounters> {
    const [row] = await this.query<StoreCounters>(COUNTERS);
    return row!;
  }

  topics(after: string, limit: number): Promise<TopicSummary[]> {
    return this.query(TOPICS, [after, limit]);
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /**
   * Returns the first rows of a range of seqs, and one more than there is room for: a row is left out if those before
   * its predecessor have more bytes. The size of a payload is known without reading it.
   */
  private rows(
    filter: EventFilter,
    from: number,
    to: number,
    room: { rows: number; bytes: number },
  ): Promise<StoredEvent[]> {
    const { topic, event_id, source, order } = filter;
    const values: unknown[] = [from, to, room.rows + 1, room.bytes];
    const parameter = (value: string) => `$${values.push(value)}`;
    const pattern = topicPattern(filter);
    let seq = 'seq';
    const conditions: string[] = [];
    if (pattern !== undefined) conditions.push(`topic ~ ${parameter(toRegularExpression(pattern))}`);
    else if (event_id !== undefined)
      conditions.push(`topic = ${parameter(topic!)}`, `event_id = ${parameter(event_id)}`);
    else if (topic !== undefined) {
      // The expressions of the index on topic.
      seq = 'seq + 0';
      conditions.push(`topic COLLATE "POSIX" = ${parameter(topic)}`);
    }
    if (source !== undefined) conditions.push(`source = ${parameter(source)}`);
    conditions.push(`${seq} BETWEEN $1 AND $2`);
    return this.query(
      `SELECT seq, topic, event_id, "timestamp", source, payload, processed_at
       FROM (
         SELECT *, sum(octet_length(payload))
           OVER (ORDER BY seq ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) AS bytes
         FROM (
           SELECT * FROM processed_events WHERE ${conditions.join(' AND ')} ORDER BY ${seq} ${order} LIMIT $3
         ) found
       ) sized
       WHERE bytes IS NULL OR bytes <= $4 ORDER BY seq ${order}`,
      values,
    );
  }

  /** Returns the inclusive range of seqs that the cursors and times of the filter allow. */
  private async bounds(filter: EventFilter): Promise<{ first: number; last: number }> {
    const { after = 0, before = Number.MAX_SAFE_INTEGER, since, until } = filter;
    let first = after + 1;
    let last = before - 1;
    if (isScan(filter)) last = Math.min(last, await this.lastSeq());
    if (since !== undefined) first = Math.max(first, await this.firstSeqAt(since));
    if (until !== undefined) last = Math.min(last, (await this.firstSeqAt(until)) - 1);
    return { first, last };
  }

  private async firstSeqAt(time: string): Promise<number> {
    const [row] = await this.query<{ seq: number }>(FIRST_SEQ_AT, [time]);
    return row!.seq;
  }

  private async query<T extends QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    const { rows } = await this.pool.query<T>(text, values);
    return rows;
  }
}

/** Returns a regular expression that matches the same topics as `matchesPattern`. */
function toRegularExpression(pattern: string): string {
  const levels = pattern.split('.').map((level, index, { length }) => {
    if (level === '*') return '[^.]*';
    if (level === '>' && index === length - 1) return '.*';
    return level.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  });
  return `^${levels.join('\\.')}$`;
}
