import type { Database } from 'better-sqlite3';

/**
 * Pages in the log before they are brought into the file: 16 MiB. Random keys dirty the same pages again and
 * again, and the fewer checkpoints, the less is copied twice; but commits wait for the disk while a checkpoint is
 * synced, and after 64 MiB that is a tenth of a second.
 */
export const CHECKPOINT_PAGES = 4_000;

/** What the writer copies by itself between two commits: some milliseconds. */
const REST_PAGES = 1_000;
/** The log grows while it is copied: what is left after the first time is copied again, in less. */
const MAX_PASSES = 3;

/**
 * Pages of the log that are not in the file yet, and whether the log is due to be brought there. SQLite before 3.51
 * does not know NOOP, and would copy.
 */
function look(database: Database): { rest: number; due: boolean } {
  const [{ log, checkpointed }] = database.pragma('wal_checkpoint(NOOP)') as [
    { log: number; checkpointed: number },
  ];
  return { rest: log - checkpointed, due: log > CHECKPOINT_PAGES };
}

/** Copies the log beside the commits of another connection, which do not wait for it. */
export function copyLog(database: Database): void {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const { rest, due } = look(database);
    if (!due || rest < REST_PAGES) return;
    database.pragma('wal_checkpoint(PASSIVE)');
  }
}

/**
 * Between two commits: copies the little that is left, so that the log begins anew. Only whoever writes can:
 * for everyone else there is always one commit more. Never throws: the commit before it stands, and a disk that is
 * full will be told of by the next one.
 */
export function finishLog(database: Database): void {
  try {
    const { rest, due } = look(database);
    if (due && rest < REST_PAGES) database.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // The log is kept, and this is tried again after the next commit.
  }
}
