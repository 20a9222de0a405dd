import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TopicCounters as Counters } from '../store.js';

@Entity('topic_counters')
export class TopicCounters implements Counters {
  @PrimaryColumn({ type: 'text', collation: 'C' })
  topic!: string;

  /** The seq of the first event of the topic. */
  @Column({ type: 'bigint' })
  first_seq!: number;

  @Column({ type: 'bigint' })
  received!: number;

  @Column({ type: 'bigint' })
  unique_processed!: number;

  @Column({ type: 'bigint' })
  duplicate_dropped!: number;

  @Column({ type: 'bigint' })
  conflicts!: number;
}
