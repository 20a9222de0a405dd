import Sqlite, { type Database } from 'better-sqlite3';
import { closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes this process the only owner of the database file. Two owners would both keep running totals and announce
 * only their own commits. The lock is SQLite's lock on a file next to the database, so the operating system
 * releases it however the process ends. Rejects a file that is not a database of this service, without changing it.
 */
export function lockDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) rejectForeign(path);
  // The file must exist before its real path can be resolved through a symbolic link.
  else closeSync(openSync(path, 'a'));
  const lock = new Sqlite(`${realpathSync(path)}.lock`, { timeout: 0 });
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

function rejectForeign(path: string): void {
  const file = statSync(path);
  if (!file.isFile()) throw new Error('it is not a file');
  // SQLite names the WAL after the path. Two hard links would get two WALs, and commits in one are invisible through
  // the other.
  if (file.nlink > 1) throw new Error('it has another name (a hard link)');
  const database = new Sqlite(path, { readonly: true });
  try {
    const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all();
    if (tables.length > 0 && !tables.includes('migrations')) {
      throw new Error(`it contains other tables: ${tables.slice(0, 3).join(', ')}`);
    }
  } finally {
    database.close();
  }
}
