import { setImmediate } from 'node:timers/promises';

/** Maximum time for which streams block the event loop at a time. */
const TURN_MS = 10;

/** Divides long work into turns. Between two of them, the event loop serves other connections. */
export class Turn {
  private started = performance.now();
  private earlierMs = 0;

  get isOver(): boolean {
    return performance.now() - this.started > TURN_MS;
  }

  /** Time used by all turns so far. */
  get usedMs(): number {
    return this.earlierMs + performance.now() - this.started;
  }

  /** Ends the turn and resolves when the next one begins. */
  async next(): Promise<void> {
    this.earlierMs = this.usedMs;
    await setImmediate();
    this.started = performance.now();
  }
}
