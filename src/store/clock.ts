/**
 * Clock that stamps `processed_at`. Its time never decreases, even after a restart or when the system clock is set
 * back. `processed_at` and seq therefore have the same order, so a time can be found by a binary search over seq.
 *
 * A store with one owner uses the clock of its process. A store that several processes share uses the clock of its
 * database. It reads this clock while it holds the lock that serialises commits.
 */
export abstract class Clock {
  /**
   * Returns the time in UTC as RFC 3339 with milliseconds, such as 2026-01-31T12:00:00.000Z. It is never earlier than
   * the previous result.
   */
  abstract now(): string;
}
