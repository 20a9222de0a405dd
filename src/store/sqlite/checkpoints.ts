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

interface WalState {
  /** Pages of the WAL that have not been checkpointed. */
  readonly rest: number;
  /** Whether the WAL has reached `CHECKPOINT_PAGES`. */
  readonly due: boolean;
}

/**
 * Returns the state of the WAL. NOOP checkpoints nothing. It requires SQLite 3.51; earlier versions would checkpoint.
 */
function readWalState(database: Database): WalState {
  const [{ log, checkpointed }] = database.pragma('wal_checkpoint(NOOP)') as [
    { log: number; checkpointed: number },
  ];
  return { rest: log - checkpointed, due: log > CHECKPOINT_PAGES };
}

/** Checkpoints the WAL concurrently with the commits of another connection, without blocking them. */
export function checkpointConcurrently(database: Database): void {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const { rest, due } = readWalState(database);
    if (!due || rest < REST_PAGES) return;
    database.pragma('wal_checkpoint(PASSIVE)');
  }
}

/**
 * Checkpoints the remaining WAL pages between two commits, so that SQLite restarts the WAL. Another connection cannot
 * do this, because commits extend the WAL during its checkpoint. Never throws, because the previous commit is durable
 * and the next commit reports a full disk.
 */
export function checkpointRest(database: Database): void {
  try {
    const { rest, due } = readWalState(database);
    if (due && rest < REST_PAGES) database.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // The WAL is unchanged. The next commit tries again.
  }
}
