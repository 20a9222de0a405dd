import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * An event that was stored: the same fields from the request to the row and back.
 * The unique composite index is what makes an event happen once.
 */
@Entity('processed_events')
@Index('processed_events_dedup_key', ['topic', 'event_id'], { unique: true })
// SQLite ends every index entry with the rowid, which is seq: this one pages a topic in order.
@Index('processed_events_topic', ['topic'])
export class ProcessedEvent {
  /** The order of storing, from 1, without holes: the rowid, given by SQLite and never by a refused event. */
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'text' })
  topic!: string;

  @Column({ type: 'text' })
  event_id!: string;

  /** RFC 3339, as the publisher sent it. */
  @Column({ type: 'text' })
  timestamp!: string;

  @Column({ type: 'text' })
  source!: string;

  /** JSON text of an object. */
  @Column({ type: 'text' })
  payload!: string;

  /** UTC, RFC 3339 with milliseconds; never falls as seq rises. */
  @Column({ type: 'text' })
  processed_at!: string;
}
