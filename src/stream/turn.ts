import { setImmediate } from 'node:timers/promises';

/** Time after which streams yield to the event loop. */
const TURN_MS = 10;

/** Divides long work into turns. Between two turns, the event loop serves other connections. */
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

  /** Ends the turn and yields to the event loop. Resolves when the next turn begins. */
  async next(): Promise<void> {
    this.earlierMs = this.usedMs;
    await setImmediate();
    this.started = performance.now();
  }
}
