import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TopicCounters as Counters } from '../store.js';

@Entity('topic_counters')
export class TopicCounters implements Counters {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  @Column({ type: 'integer' })
  received!: number;

  @Column({ type: 'integer' })
  unique_processed!: number;

  @Column({ type: 'integer' })
  duplicate_dropped!: number;

  @Column({ type: 'integer' })
  conflicts!: number;
}
