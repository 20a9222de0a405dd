import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SubmissionId } from '../../event/submission.js';

/** Proof that a unit of a batch was committed, for a caller that did not receive the result. */
@Entity('receipts')
// A BRIN index, which TypeORM cannot describe.
@Index('receipts_committed_at', { synchronize: false })
export class Receipt implements SubmissionId {
  @PrimaryColumn({ type: 'uuid' })
  source!: string;

  @PrimaryColumn({ type: 'bigint' })
  number!: number;

  /** The seqs that the unit stored: none if `last_seq` is smaller. */
  @Column({ type: 'bigint' })
  first_seq!: number;

  @Column({ type: 'bigint' })
  last_seq!: number;

  @Column({ type: 'timestamptz' })
  committed_at!: Date;
}
