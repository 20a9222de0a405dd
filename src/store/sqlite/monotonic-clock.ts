import { Clock } from '../clock.js';

/** Returns the system time, or its own latest time while the system clock is set back. */
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
