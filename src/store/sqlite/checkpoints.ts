import type { Database } from 'better-sqlite3';

/**
 * WAL size (16 MB) at which a checkpoint is due. Random keys dirty the same pages repeatedly, so less frequent
 * checkpoints copy fewer pages. However, commits wait for the fsync of a checkpoint, which takes 100 ms for 64 MB.
 */
const CHECKPOINT_PAGES = 4_000;

/** Maximum number of pages that the writer checkpoints between two commits. Takes a few milliseconds. */
const REST_PAGES = 1_000;

/** Maximum number of passes of a checkpoint. Each pass copies the pages that were committed during the previous one. */
const MAX_PASSES = 3;

/** Bytes of a page in the WAL: SQLite's default page size and the header of a frame. */
const FRAME_BYTES = 4_096 + 24;

/**
 * WAL size that is exceeded only if something is wrong. It is four times the size at which a checkpoint is due. A WAL
 * file that has grown beyond this size is truncated.
 */
export const LARGE_WAL_BYTES = 64 * 1024 * 1024;

interface WalState {
  /** Pages in the WAL. SQLite overwrites them only once all are checkpointed and no reader uses them. */
  readonly pages: number;
  /** Pages of the WAL that have not been checkpointed. */
  readonly rest: number;
}

/**
 * Runs a checkpoint and returns the state of the WAL. With NOOP, returns the state without a checkpoint. NOOP requires
 * SQLite 3.51, because earlier versions run a checkpoint instead.
 */
function checkpoint(database: Database, mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE'): WalState {
  const [{ log, checkpointed }] = database.pragma(`wal_checkpoint(${mode})`) as [
    { log: number; checkpointed: number },
  ];
  return { pages: log, rest: log - checkpointed };
}

const isDue = ({ pages }: WalState) => pages > CHECKPOINT_PAGES;
const isLarge = ({ pages }: WalState) => pages * FRAME_BYTES > LARGE_WAL_BYTES;

/** Returns the number of bytes in the WAL that SQLite cannot overwrite yet. The file may be larger. */
export function walBytes(database: Database): number {
  return checkpoint(database, 'NOOP').pages * FRAME_BYTES;
}

/**
 * Checkpoints the WAL if a checkpoint is due. Runs concurrently with the commits of another connection and does not
 * block them. Normally the writer restarts the WAL at its next commit. Truncates a large WAL, because there may be no
 * next commit. Returns whether a checkpoint copied everything that was committed before it began.
 */
export function checkpointConcurrently(database: Database): boolean {
  let completed = false;
  let state = checkpoint(database, 'NOOP');
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    if (!isDue(state) || state.rest < (isLarge(state) ? 1 : REST_PAGES)) break;
    completed = checkpoint(database, 'PASSIVE').rest === 0 || completed;
    state = checkpoint(database, 'NOOP');
  }
  // Nothing is left to copy, so this holds the write lock only while it truncates the file. While a reader uses the
  // WAL, this has no effect and reports no error.
  if (isLarge(state) && state.rest === 0) checkpoint(database, 'TRUNCATE');
  return completed;
}

/**
 * Checkpoints the remaining WAL pages between two commits, so that SQLite restarts the WAL. Another connection cannot
 * do this, because commits extend the WAL during its checkpoint. Never throws, because the previous commit is durable
 * and the next commit reports a full disk.
 */
export function checkpointRest(database: Database): void {
  try {
    const state = checkpoint(database, 'NOOP');
    if (isDue(state) && state.rest < REST_PAGES) checkpoint(database, 'PASSIVE');
  } catch {
    // The WAL is kept. The next commit tries again, and the checkpointer reports the error.
  }
}
