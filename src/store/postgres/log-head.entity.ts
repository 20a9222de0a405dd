import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The end of the log, in one row. Its lock serialises the commits of all replicas. */
@Entity('log_head')
@Check('log_head_one_check', '"one"')
export class LogHead {
  @PrimaryColumn({ type: 'boolean', default: true })
  one!: true;

  /** The highest seq. Also the number of stored events, because seq has no gaps. */
  @Column({ type: 'bigint' })
  last_seq!: number;

  /** The time of the last commit; empty before the first one. */
  @Column({ type: 'text', collation: 'C' })
  last_processed_at!: string;

  /** The total over all topics. */
  @Column({ type: 'bigint' })
  received!: number;

  /** The total over all topics. */
  @Column({ type: 'bigint' })
  conflicts!: number;

  /** Identifies the database, also after a restore. */
  @Column({ type: 'uuid' })
  store_id!: string;
}
