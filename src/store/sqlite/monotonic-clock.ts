import { Clock } from '../clock.js';

/** Returns the system time, or the latest time that it returned while the system clock is behind that time. */
export class MonotonicClock extends Clock {
  constructor(
    /** `processed_at` of the last stored event; empty if there is none. */
    private latest: string,
  ) {
    super();
  }

  now(): string {
    const now = new Date().toISOString();
    if (now > this.latest) this.latest = now;
    return this.latest;
  }
}
