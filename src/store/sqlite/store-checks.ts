import type { StoreCheck } from '../store.js';
import type { WalReport } from './checkpointer.js';
import { LARGE_WAL_BYTES } from './checkpoints.js';

/**
 * WAL size above which the store must receive no more events, because the WAL would fill the disk. It is about four
 * times the size at which the writer also checkpoints (32 000 pages). A WAL of this size shows that no checkpoint has
 * let SQLite reuse it since then.
 */
const MAX_WAL_BYTES = 512 * 1024 * 1024;

/** Maximum time by which the last `processed_at` may be ahead. Clock synchronisation corrects less than this. */
const MAX_AHEAD_MS = 60_000;

const CHECKPOINTS_FAIL =
  'Checkpoints fail, so the WAL grows with every commit. Check the disk of the database file.';
const LARGE_WAL =
  'SQLite cannot reuse the WAL, so it grows with every commit. End programs that hold a read transaction open, such as a backup or a SQLite shell. If there are none, the disk is too slow for the load.';
const AHEAD =
  'The last processed_at is more than 60 s ahead of the system clock. New events get the same time until the clock has passed it. Correct the system clock, or set processed_at back.';

/** Checks that checkpoints succeed and that SQLite can reuse the WAL. */
export function checkWal({ bytes, lastCheckpointAt, error }: WalReport): StoreCheck {
  const figures = { bytes, last_checkpoint_at: lastCheckpointAt, ...(error !== undefined && { error }) };
  const reason = error === undefined ? LARGE_WAL : CHECKPOINTS_FAIL;
  if (bytes > MAX_WAL_BYTES) return { name: 'wal', status: 'down', figures, reason };
  if (bytes > LARGE_WAL_BYTES || error !== undefined)
    return { name: 'wal', status: 'degraded', figures, reason };
  return { name: 'wal', status: 'up', figures };
}

/**
 * Checks that the system clock is not far behind the last `processed_at`, for example because it was set back.
 * `processed_at` never decreases, so the service stamps all events with `lastProcessedAt` until the clock has passed
 * it.
 */
export function checkClock(lastProcessedAt: string, now: Date): StoreCheck {
  const figures = { system_time: now.toISOString(), last_processed_at: lastProcessedAt || null };
  if (Date.parse(lastProcessedAt) - now.getTime() > MAX_AHEAD_MS)
    return { name: 'clock', status: 'degraded', figures, reason: AHEAD };
  return { name: 'clock', status: 'up', figures };
}
