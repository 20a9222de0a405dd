import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { StoredEvent } from '../../event/event.js';

/** A stored event, with the field names of the request. The unique composite index decides whether an event is new. */
@Entity('processed_events')
@Index('processed_events_dedup_key', ['topic', 'event_id'], { unique: true })
// Lists a topic in the order of seq, because SQLite appends the rowid (seq) to every index entry.
@Index('processed_events_topic', ['topic'])
export class ProcessedEvent implements StoredEvent {
  /** The rowid. SQLite assigns it on insert, so a duplicate leaves no gap. */
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'text' })
  topic!: string;

  @Column({ type: 'text' })
  event_id!: string;

  @Column({ type: 'text' })
  timestamp!: string;

  @Column({ type: 'text' })
  source!: string;

  @Column({ type: 'text' })
  payload!: string;

  @Column({ type: 'text' })
  processed_at!: string;
}
