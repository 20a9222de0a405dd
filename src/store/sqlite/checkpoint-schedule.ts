import { Subject } from 'rxjs';
import type { Checkpointer, WalReport } from './checkpointer.js';
import { LARGE_WAL_BYTES } from './checkpoints.js';
import type { Remote } from './worker-protocol.js';

const INTERVAL_MS = 50;
const INTERVAL_AFTER_ERROR_MS = 1_000;

/**
 * Calls the checkpointer after writes, at most every 50 ms, and keeps its last report. Without writes, calls it only
 * after an error and while the WAL is large.
 */
export class CheckpointSchedule {
  /** The durations of the checkpoints, in milliseconds. */
  readonly durations = new Subject<number>();
  private latest: WalReport = { bytes: 0, lastCheckpointAt: null };
  private written = false;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly checkpointer: Pick<Remote<Checkpointer>, 'checkpoint'>) {
    // An earlier process may have left a WAL.
    this.afterWrite();
  }

  get report(): WalReport {
    return this.latest;
  }

  /** Must be called after each write to the WAL. */
  afterWrite(): void {
    this.written = true;
    this.callIn(INTERVAL_MS);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private callIn(delayMs: number): void {
    if (!this.closed) this.timer ??= setTimeout(() => void this.call(), delayMs);
  }

  private async call(): Promise<void> {
    this.written = false;
    try {
      this.latest = await this.checkpointer.checkpoint();
    } catch {
      // The thread has ended, which also ends the process.
      return;
    }
    this.timer = undefined;
    const { bytes, error, ms } = this.latest;
    if (ms !== undefined) this.durations.next(ms);
    if (error !== undefined) this.callIn(INTERVAL_AFTER_ERROR_MS);
    else if (this.written || bytes > LARGE_WAL_BYTES) this.callIn(INTERVAL_MS);
  }
}
