/** Which stored events, in what order. */
export interface EventFilter {
  readonly topic?: string;
  readonly source?: string;
  /** Stored at or after; compared with processed_at. */
  readonly since?: string;
  /** Stored before; compared with processed_at. */
  readonly until?: string;
  readonly order: 'asc' | 'desc';
  /** Only a greater seq. */
  readonly after?: number;
  /** Only a smaller seq. */
  readonly before?: number;
  readonly limit: number;
}
