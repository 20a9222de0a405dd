import type { EventSelection } from '../event/selection.js';

/** A query over the stored events. */
export interface EventFilter extends EventSelection {
  /** Inclusive lower bound of processed_at, in the format the store writes. */
  readonly since?: string;
  /** Exclusive upper bound of processed_at, in the format the store writes. */
  readonly until?: string;
  /** Order of seq. */
  readonly order: 'asc' | 'desc';
  /** Exclusive lower bound of seq. */
  readonly after?: number;
  /** Exclusive upper bound of seq. */
  readonly before?: number;
  /** Maximum number of events. */
  readonly limit: number;
  /** Size in bytes at which the result ends. The event that exceeds it is still included, so one event always fits. */
  readonly maxBytes: number;
}
