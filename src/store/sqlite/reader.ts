import type { Database } from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { setImmediate } from 'node:timers/promises';
import { patternOf } from '../../event/selection.js';
import { type EventJson, toEventJson } from '../../event/event-json.js';
import { matchesPattern } from '../../event/topic-pattern.js';
import type { TopicCounters } from '../topic-counters.entity.js';
import type { EventFilter } from '../event-filter.js';
import type { StoredEvent } from '../../event/event.js';

/** A part of what a filter asks for. */
export interface FoundEvents {
  readonly events: readonly EventJson[];
  /** Whether there may be more behind the last one. */
  readonly more: boolean;
}

/** The counters of a topic, and when its first and its last event were stored. */
export interface TopicSummary extends TopicCounters {
  readonly first_event_at: string;
  readonly last_event_at: string;
}

export interface DedupKey {
  readonly topic: string;
  readonly event_id: string;
}

/** Rows looked at in one go where no index helps; then other readers have their turn. */
const SCAN_ROWS = 20_000;

/** A connection that only reads, and sees only what is committed. */
export class Reader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
  ) {
    database.function('matches_pattern', { deterministic: true }, (pattern, topic) =>
      Number(matchesPattern(pattern as string, topic as string)),
    );
  }

  /**
   * The first events that pass the filter, in the order it asks for, up to its limit and its bytes. One topic
   * is read by its index, everything else by the primary key. A source or a pattern is looked for on the way, by
   * SQLite, which leaves the payloads of others unread, a stretch of rows at a time, so that a rare one holds up
   * nobody else.
   */
  async find(filter: EventFilter): Promise<FoundEvents> {
    const ascending = filter.order === 'asc';
    let { first, last } = this.bounds(filter);
    const selective = filter.source !== undefined || patternOf(filter) !== undefined;
    const stretch = selective ? SCAN_ROWS : Number.MAX_SAFE_INTEGER;
    const events: EventJson[] = [];
    let bytes = 0;
    while (first <= last) {
      const [from, to] = ascending
        ? [first, Math.min(last, first + stretch - 1)]
        : [Math.max(first, last - stretch + 1), last];
      for (const row of this.rows(filter, from, to)) {
        if (events.length === filter.limit || bytes > filter.maxBytes) return { events, more: true };
        const event = toEventJson(row);
        events.push(event);
        bytes += event.json.length;
      }
      if (ascending) first = to + 1;
      else last = from - 1;
      if (selective) await setImmediate();
    }
    return { events, more: false };
  }

  get(topic: string, eventId: string): EventJson | null {
    const row = this.database
      .prepare<[string, string], StoredEvent>(
        'SELECT * FROM processed_events WHERE topic = ? AND event_id = ?',
      )
      .get(topic, eventId);
    return row ? toEventJson(row) : null;
  }

  /** The seq of each key, in their order; null where it is not stored. */
  lookup(keys: readonly DedupKey[]): (number | null)[] {
    const find = this.database
      .prepare<[string, string], number>('SELECT seq FROM processed_events WHERE topic = ? AND event_id = ?')
      .pluck();
    return keys.map(({ topic, event_id }) => find.get(topic, event_id) ?? null);
  }

  lastSeq(): number {
    return this.database
      .prepare<[], number>('SELECT coalesce(max(seq), 0) FROM processed_events')
      .pluck()
      .get()!;
  }

  /** Of every topic, in the order of their first events. */
  counters(): TopicCounters[] {
    return this.database.prepare<[], TopicCounters>('SELECT * FROM topic_counters ORDER BY rowid').all();
  }

  /** Topics by name, those after `after`; the times are found by the ends of each topic's index. */
  topics(after: string, limit: number): TopicSummary[] {
    return this.database
      .prepare<[string, number], TopicSummary>(
        `SELECT topic, received, unique_processed, duplicate_dropped, conflicts,
          (SELECT processed_at FROM processed_events WHERE seq =
            (SELECT min(seq) FROM processed_events e WHERE e.topic = c.topic)) AS first_event_at,
          (SELECT processed_at FROM processed_events WHERE seq =
            (SELECT max(seq) FROM processed_events e WHERE e.topic = c.topic)) AS last_event_at
         FROM topic_counters c WHERE topic > ? ORDER BY topic LIMIT ?`,
      )
      .all(after, limit);
  }

  close(): Promise<void> {
    return this.dataSource.destroy();
  }

  private rows(filter: EventFilter, from: number, to: number): IterableIterator<StoredEvent> {
    const { topic, source, order } = filter;
    const pattern = patternOf(filter);
    const conditions = ['seq BETWEEN :from AND :to'];
    if (pattern !== undefined) conditions.push('matches_pattern(:pattern, topic)');
    else if (topic !== undefined) conditions.push('topic = :topic');
    if (source !== undefined) conditions.push('source = :source');
    const query = `SELECT * FROM processed_events WHERE ${conditions.join(' AND ')} ORDER BY seq ${order}`;
    return this.database.prepare<object, StoredEvent>(query).iterate({ from, to, pattern, topic, source });
  }

  /** The seqs between which the events of the filter lie. */
  private bounds({ after = 0, before = Number.MAX_SAFE_INTEGER, since, until }: EventFilter) {
    const lastSeq = this.lastSeq();
    return {
      first: Math.max(after + 1, since === undefined ? 1 : this.firstSeqAt(since, lastSeq)),
      last: Math.min(before - 1, until === undefined ? lastSeq : this.firstSeqAt(until, lastSeq) - 1),
    };
  }

  /**
   * The seq at which the events stored at `time` or later begin. processed_at never falls as seq rises, so
   * some twenty steps by the primary key find it among millions, and no index on time need be kept.
   */
  private firstSeqAt(time: string, lastSeq: number): number {
    const next = this.database.prepare<[number], { seq: number; processed_at: string }>(
      'SELECT seq, processed_at FROM processed_events WHERE seq >= ? ORDER BY seq LIMIT 1',
    );
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
