/**
 * The clock that stamps `processed_at`. It orders commits: it never goes back, not even when the system clock is
 * set back or after a restart, so `processed_at` and seq describe the same order and a time can be searched by seq.
 *
 * A store with one owner reads the clock of its process. A store shared by several processes reads the clock of its
 * database, while it holds the lock that serialises commits.
 */
export abstract class Clock {
  /** Returns UTC as RFC 3339 with milliseconds: 2026-01-31T12:00:00.000Z. Never returns an earlier time than before. */
  abstract now(): string;
}
