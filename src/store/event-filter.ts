import type { EventSelection } from '../event/selection.js';

/** A query over the stored events. */
export interface EventFilter extends EventSelection {
  /** Inclusive lower bound of processed_at, in the format the store writes. */
  readonly since?: string;
  /** Exclusive upper bound of processed_at, in the format the store writes. */
  readonly until?: string;
  /** By seq. */
  readonly order: 'asc' | 'desc';
  /** Exclusive lower bound of seq. */
  readonly after?: number;
  /** Exclusive upper bound of seq. */
  readonly before?: number;
  /** Maximum number of events. */
  readonly limit: number;
  /** The result ends with the event that exceeds this size, so it is never empty because of it. */
  readonly maxBytes: number;
}
