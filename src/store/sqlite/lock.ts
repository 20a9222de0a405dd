import type { Database } from 'better-sqlite3';
import { closeSync, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { rejectForeign } from './foreign-database.js';
import { Sqlite } from './driver.js';

/**
 * Locks the database file for this process. Two owners would miss each other's commits in their running totals and
 * live streams. The lock is an SQLite lock on a second file, which the operating system releases even after SIGKILL.
 * Throws if the file is not a database of this service, and leaves it unchanged.
 */
export function lockDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) rejectForeign(path);
  // The file must exist before its real path can be resolved through a symbolic link.
  else closeSync(openSync(path, 'a'));
  return holdLock(realpathSync(path));
}

/** Locks a database file, which need not exist, by its real path. Throws if another process has locked it. */
export function holdLock(realPath: string): Database {
  const lock = new Sqlite(`${realPath}.lock`, { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(
      'it is in use by another instance of this service; stop that one, or set another DATABASE_URL',
      { cause: error },
    );
  }
}
