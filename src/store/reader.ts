import { type DataSource, MoreThanOrEqual } from 'typeorm';
import type { EventFilter } from './event-filter.js';
import { ProcessedEvent } from './processed-event.entity.js';
import { TopicCounters } from './topic-counters.entity.js';

/** A stored event, ready to be sent. */
export interface EventJson {
  readonly seq: number;
  /** JSON text of the event as GET /events shows it. */
  readonly json: string;
}

/** A connection that only reads, and sees only what is committed. */
export class Reader {
  constructor(private readonly dataSource: DataSource) {}

  /** The events that pass the filter, in the order it asks for. */
  async find(filter: EventFilter): Promise<EventJson[]> {
    const query = this.dataSource
      .getRepository(ProcessedEvent)
      .createQueryBuilder('event')
      .orderBy('event.seq', filter.order === 'asc' ? 'ASC' : 'DESC')
      .limit(filter.limit);
    if (filter.topic !== undefined) query.andWhere('event.topic = :topic', { topic: filter.topic });
    if (filter.source !== undefined) query.andWhere('event.source = :source', { source: filter.source });
    if (filter.after !== undefined) query.andWhere('event.seq > :after', { after: filter.after });
    if (filter.before !== undefined) query.andWhere('event.seq < :before', { before: filter.before });
    if (filter.since !== undefined) {
      query.andWhere('event.seq >= :first', { first: await this.firstSeqAt(filter.since) });
    }
    if (filter.until !== undefined) {
      query.andWhere('event.seq < :end', { end: await this.firstSeqAt(filter.until) });
    }
    return (await query.getMany()).map(toJson);
  }

  async get(topic: string, event_id: string): Promise<EventJson | null> {
    const event = await this.dataSource.getRepository(ProcessedEvent).findOneBy({ topic, event_id });
    return event && toJson(event);
  }

  counters(): Promise<TopicCounters[]> {
    return this.dataSource.getRepository(TopicCounters).find();
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
