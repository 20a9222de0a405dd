import type { NewEvent } from './event.js';

/** The events of one request. They are stored in one transaction, or not at all. */
export interface Submission {
  readonly events: readonly NewEvent[];
  /** Present if the submission may be committed again although its first commit succeeded. */
  readonly id?: SubmissionId;
}

/** Identifies a submission across redeliveries and across commits whose result was lost. */
export interface SubmissionId {
  /** UUID of the process that accepted the submission. */
  readonly source: string;
  /** Counts the submissions of that process, from 1. Never reused. */
  readonly number: number;
}
