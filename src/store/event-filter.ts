import { type EventSelection, topicPattern } from '../event/selection.js';

/** A query over the stored events. */
export interface EventFilter extends EventSelection {
  /** The event_id. Requires `topic`, which is not a pattern. */
  readonly event_id?: string;
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
  /** Size in bytes of UTF-8 at which the result ends. Includes the event that exceeds it, so one event always fits. */
  readonly maxBytes: number;
}

/** Returns whether no index supports the filter. The read is then a scan, which takes time linear in its range. */
export function isScan(filter: Pick<EventFilter, keyof EventSelection | 'event_id'>): boolean {
  return filter.event_id === undefined && (filter.source !== undefined || topicPattern(filter) !== undefined);
}
