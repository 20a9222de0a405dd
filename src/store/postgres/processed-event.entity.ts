import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { StoredEvent } from '../../event/event.js';

/** A stored event, with the field names of the request. The unique composite index decides whether an event is new. */
@Entity('processed_events')
@Index('processed_events_dedup_key', ['topic', 'event_id'], { unique: true })
// Has expressions, which TypeORM cannot describe.
@Index('processed_events_topic', { synchronize: false })
export class ProcessedEvent implements StoredEvent {
  @PrimaryColumn({ type: 'bigint' })
  seq!: number;

  @Column({ type: 'text', collation: 'C' })
  topic!: string;

  @Column({ type: 'text', collation: 'C' })
  event_id!: string;

  @Column({ type: 'text', collation: 'C' })
  timestamp!: string;

  @Column({ type: 'text', collation: 'C' })
  source!: string;

  /** Not jsonb, which rejects U+0000 and reorders members. */
  @Column({ type: 'text', collation: 'C' })
  payload!: string;

  @Column({ type: 'text', collation: 'C' })
  processed_at!: string;
}
