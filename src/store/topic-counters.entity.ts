import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The counters of one topic, updated in the transaction that stores the events they count. */
@Entity('topic_counters')
export class TopicCounters {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  /** Sum of unique_processed and duplicate_dropped. */
  @Column({ type: 'integer' })
  received!: number;

  @Column({ type: 'integer' })
  unique_processed!: number;

  /** Includes conflicts. */
  @Column({ type: 'integer' })
  duplicate_dropped!: number;

  @Column({ type: 'integer' })
  conflicts!: number;
}
