import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { EventQueue } from '../queue/event-queue.js';
import { ProcessedEvents } from '../consumer/commits.js';
import { Store } from '../store/store.js';
import type { TopicCounters } from '../store/topic-counters.entity.js';

/** The answer of GET /stats. received = unique_processed + duplicate_dropped, across restarts. */
export class StatsAnswer {
  @ApiProperty({ type: 'integer', description: 'Events processed, whatever their outcome.', example: 3 })
  received!: number;

  @ApiProperty({ type: 'integer', description: 'Events stored.', example: 2 })
  unique_processed!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Events whose key was there already, conflicts among them.',
    example: 1,
  })
  duplicate_dropped!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Dropped events whose payload was not that of the first.',
    example: 0,
  })
  conflicts!: number;

  @ApiProperty({ type: 'integer', description: 'Events accepted and not yet processed.', example: 0 })
  queue_depth!: number;

  @ApiProperty({ type: [String], description: 'In the order of their first event.', example: ['orders'] })
  topics!: string[];

  @ApiProperty({ type: 'integer', description: 'Seconds since the start.', example: 60 })
  uptime!: number;
}

/** Running totals: read from the store once, at start, and moved by every commit since. */
@Injectable()
export class Stats implements OnModuleInit {
  private readonly topics = new Set<string>();
  private readonly totals = { received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0 };

  constructor(
    private readonly store: Store,
    private readonly queue: EventQueue,
    private readonly processed: ProcessedEvents,
  ) {}

  async onModuleInit(): Promise<void> {
    this.processed.subscribe(({ counters }) => this.add(counters));
    this.add(await this.store.counters());
  }

  read(): StatsAnswer {
    return {
      ...this.totals,
      queue_depth: this.queue.depth,
      topics: [...this.topics],
      uptime: Math.floor(process.uptime()),
    };
  }

  private add(counters: readonly TopicCounters[]): void {
    for (const { topic, received, unique_processed, duplicate_dropped, conflicts } of counters) {
      this.topics.add(topic);
      this.totals.received += received;
      this.totals.unique_processed += unique_processed;
      this.totals.duplicate_dropped += duplicate_dropped;
      this.totals.conflicts += conflicts;
    }
  }
}
