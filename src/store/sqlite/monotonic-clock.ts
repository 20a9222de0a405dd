import { Clock } from '../clock.js';

/** The system clock, held at its latest reading while it is set back. */
export class MonotonicClock extends Clock {
  constructor(
    /** The latest reading of an earlier process; empty if there was none. */
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
