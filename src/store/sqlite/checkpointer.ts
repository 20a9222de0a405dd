import type { Database } from 'better-sqlite3';
import { checkpointConcurrently, walBytes } from './checkpoints.js';
import { Sqlite } from './driver.js';

/** State of the WAL after the last call of the checkpointer. */
export interface WalReport {
  /** Bytes in the WAL that SQLite cannot overwrite yet. */
  readonly bytes: number;
  /** Time of the last checkpoint that copied everything committed before it began, or null if there was none. */
  readonly lastCheckpointAt: string | null;
  /** Reason why the last checkpoint failed. Absent if it succeeded. */
  readonly error?: string;
  /** Duration of the checkpoint, in milliseconds. Absent if none was due, or if it failed. */
  readonly ms?: number;
}

/**
 * Checkpoints the WAL on its own connection. A checkpoint takes tens of milliseconds, and more with random keys. On
 * the writer's connection, it would delay every publisher. The p99 of single events would be 69 ms instead of 9 ms
 * (docs/decisions.md).
 */
export class Checkpointer {
  private readonly database: Database;
  private report: WalReport = { bytes: 0, lastCheckpointAt: null };

  constructor(path: string) {
    this.database = new Sqlite(path);
    this.database.pragma('synchronous = FULL');
    // Truncating the WAL must not wait for readers, because it holds the write lock while it waits.
    this.database.pragma('busy_timeout = 0');
  }

  /**
   * Checkpoints the WAL if a checkpoint is due, and returns the state of the WAL. Returns an error in this state
   * instead of throwing it. The writer does not detect such an error, because commits write only to the WAL.
   */
  checkpoint(): WalReport {
    let { bytes, lastCheckpointAt } = this.report;
    let error: string | undefined;
    let ms: number | undefined;
    const started = performance.now();
    try {
      // The size is also read before the checkpoint, because the checkpoint may fail.
      bytes = walBytes(this.database);
      if (checkpointConcurrently(this.database)) {
        lastCheckpointAt = new Date().toISOString();
        ms = performance.now() - started;
      }
      bytes = walBytes(this.database);
    } catch (thrown) {
      error = (thrown as Error).message;
    }
    this.report = { bytes, lastCheckpointAt, ...(error !== undefined && { error }) };
    return ms === undefined ? this.report : { ...this.report, ms };
  }

  close(): void {
    this.database.close();
  }
}
