import { Injectable } from '@nestjs/common';
import { Store } from '../store/store.js';
import type { TopicsPage, TopicsQuery } from './topics.dto.js';

@Injectable()
export class Topics {
  constructor(private readonly store: Store) {}

  async page({ after = '', limit }: TopicsQuery): Promise<TopicsPage> {
    const found = await this.store.topics(after, limit + 1);
    const topics = found.slice(0, limit);
    const next_cursor = found.length > limit ? topics.at(-1)!.topic : null;
    return { count: topics.length, topics, next_cursor };
  }
}
