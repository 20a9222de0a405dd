import type { Database } from 'better-sqlite3';
import { type DataSource, MoreThanOrEqual } from 'typeorm';
import type { EventFilter } from './event-filter.js';
import { ProcessedEvent } from './processed-event.entity.js';
import type { TopicCounters } from './topic-counters.entity.js';

/** A stored event, ready to be sent. */
export interface EventJson {
  readonly seq: number;
  /** JSON text of the event as GET /events shows it. */
  readonly json: string;
}

/** A part of what a filter asks for. */
export interface FoundEvents {
  readonly events: readonly EventJson[];
  /** Whether there is more to be found behind the last one. */
  readonly more: boolean;
}

/** A page ends when it has become this large, so that no question can fill the memory. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** A connection that only reads, and sees only what is committed. */
export class Reader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
  ) {}

  /** The first events that pass the filter, in the order it asks for: up to its limit, and to PAGE_BYTES. */
  async find(filter: EventFilter): Promise<FoundEvents> {
    const bounds = {
      'topic = ?': filter.topic,
      'source = ?': filter.source,
      'seq > ?': filter.after,
      'seq < ?': filter.before,
      'seq >= ?': filter.since && (await this.firstSeqAt(filter.since)),
      'seq < ? ': filter.until && (await this.firstSeqAt(filter.until)),
    };
    const asked = Object.entries(bounds).filter(([, value]) => value !== undefined);
    const where = asked.length > 0 ? `WHERE ${asked.map(([condition]) => condition).join(' AND ')}` : '';
    const rows = this.database
      .prepare<unknown[], ProcessedEvent>(
        `SELECT seq, topic, event_id, timestamp, source, payload, processed_at FROM processed_events
         ${where} ORDER BY seq ${filter.order === 'asc' ? 'ASC' : 'DESC'} LIMIT ?`,
      )
      .iterate(...asked.map(([, value]) => value), filter.limit + 1);

    const events: EventJson[] = [];
    let bytes = 0;
    for (const row of rows) {
      if (events.length === filter.limit || bytes > PAGE_BYTES) return { events, more: true };
      const event = toJson(row);
      events.push(event);
      bytes += event.json.length;
    }
    return { events, more: false };
  }

  async get(topic: string, event_id: string): Promise<EventJson | null> {
    const event = await this.dataSource.getRepository(ProcessedEvent).findOneBy({ topic, event_id });
    return event && toJson(event);
  }

  /** Of every topic, in the order of their first events. */
  counters(): TopicCounters[] {
    return this.database.prepare<[], TopicCounters>('SELECT * FROM topic_counters ORDER BY rowid').all();
  }

  close(): Promise<void> {
    return this.dataSource.destroy();
  }

  /**
   * The seq at which the events stored at `time` or later begin. processed_at never falls as seq rises, so
   * some twenty steps by the primary key find it among millions, and no index on time need be kept.
   */
  private async firstSeqAt(time: string): Promise<number> {
    const events = this.dataSource.getRepository(ProcessedEvent);
    let low = 1;
    let high = ((await events.maximum('seq')) ?? 0) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const { seq, processed_at } = await events.findOneOrFail({
        select: { seq: true, processed_at: true },
        where: { seq: MoreThanOrEqual(middle) },
        order: { seq: 'ASC' },
      });
      if (processed_at < time) low = seq + 1;
      else high = middle;
    }
    return low;
  }
}

/** The payload goes out as it was stored, without being parsed and written again. */
function toJson({ payload, processed_at, ...event }: ProcessedEvent): EventJson {
  const head = JSON.stringify({
    seq: event.seq,
    topic: event.topic,
    event_id: event.event_id,
    timestamp: event.timestamp,
    source: event.source,
  });
  return {
    seq: event.seq,
    json: `${head.slice(0, -1)},"payload":${payload},"processed_at":"${processed_at}"}`,
  };
}
