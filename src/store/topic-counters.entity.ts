import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What was counted for one topic, written in the transaction of the events counted. */
@Entity('topic_counters')
export class TopicCounters {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  /** unique_processed + duplicate_dropped. */
  @Column({ type: 'integer' })
  received!: number;

  @Column({ type: 'integer' })
  unique_processed!: number;

  /** Conflicts are among them. */
  @Column({ type: 'integer' })
  duplicate_dropped!: number;

  @Column({ type: 'integer' })
  conflicts!: number;
}
