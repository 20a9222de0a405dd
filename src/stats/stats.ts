import { Injectable } from '@nestjs/common';
import { EventQueue } from '../queue/event-queue.js';
import { Store } from '../store/store.js';
import type { StatsResponse } from './stats.dto.js';
import type { TopicsPage, TopicsQuery } from './topics.dto.js';

/** Reads the counters of the store and the depth of the queue for `GET /stats` and `GET /topics`. */
@Injectable()
export class Stats {
  constructor(
    private readonly store: Store,
    private readonly queue: EventQueue,
  ) {}

  async read(): Promise<StatsResponse> {
    const { topics, ...totals } = await this.store.counters();
    const { depth, broker } = await this.queue.load();
    return {
      ...totals,
      queue_depth: depth + (broker?.depth ?? 0),
      topics: [...topics],
      uptime: uptimeSeconds(),
    };
  }

  /** Returns a page of topics, sorted by name. */
  async topics({ after = '', limit }: TopicsQuery): Promise<TopicsPage> {
    const found = await this.store.topics(after, limit + 1);
    const topics = found.slice(0, limit);
    const next_cursor = found.length > limit ? topics.at(-1)!.topic : null;
    return { count: topics.length, topics, next_cursor };
  }
}

/** Returns the uptime of the process in seconds, rounded to milliseconds. */
function uptimeSeconds(): number {
  return Math.round(process.uptime() * 1000) / 1000;
}
