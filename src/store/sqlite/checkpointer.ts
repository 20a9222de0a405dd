import Sqlite, { type Database } from 'better-sqlite3';
import { checkpointConcurrently } from './checkpoints.js';

const INTERVAL_MS = 50;
const INTERVAL_AFTER_ERROR_MS = 1_000;

/**
 * Checkpoints the WAL on its own connection. A checkpoint takes tens of milliseconds, and more with random keys. On
 * the writer's connection, it would delay every publisher. The p99 of single events would be 69 ms instead of 9 ms
 * (docs/decisions.md).
 */
export class Checkpointer {
  private readonly database: Database;
  private timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.database = new Sqlite(path);
    this.database.pragma('synchronous = FULL');
    this.schedule(INTERVAL_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    this.database.close();
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => this.schedule(this.checkpoint()), delayMs);
  }

  /** Returns the delay before the next checkpoint. */
  private checkpoint(): number {
    try {
      checkpointConcurrently(this.database);
      return INTERVAL_MS;
    } catch {
      // The disk is full or the database is locked. The next commit fails for the same reason and reports it.
      return INTERVAL_AFTER_ERROR_MS;
    }
  }
}
