import type { Database } from 'better-sqlite3';

/**
 * WAL size at which a checkpoint is due: 16 MiB. Random keys dirty the same pages repeatedly, so fewer checkpoints
 * copy less. But commits wait while a checkpoint is fsynced, which takes a tenth of a second for 64 MiB.
 */
const CHECKPOINT_PAGES = 4_000;

/** The number of pages the writer may checkpoint between two commits: a few milliseconds. */
const REST_PAGES = 1_000;

/** The WAL grows during a checkpoint. Each further pass copies what arrived during the one before. */
const MAX_PASSES = 3;

interface WalState {
  /** Pages of the WAL that have not been checkpointed. */
  readonly rest: number;
  /** Whether the WAL has reached `CHECKPOINT_PAGES`. */
  readonly due: boolean;
}

/** Returns the state of the WAL. NOOP copies nothing, but requires SQLite 3.51: earlier versions would checkpoint. */
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
 * Checkpoints the remaining WAL pages between two commits, so that SQLite restarts the WAL. Only the writer can do
 * this; other connections always find a newer commit. Never throws: the previous commit is durable, and a full disk
 * surfaces on the next one.
 */
export function checkpointRest(database: Database): void {
  try {
    const { rest, due } = readWalState(database);
    if (due && rest < REST_PAGES) database.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // The WAL is kept. The next commit tries again.
  }
}
