import Sqlite, { type Database } from 'better-sqlite3';
import { closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Keeps a second instance off the database: two would each count by themselves. The lock is one that SQLite
 * takes on a file beside it, so the system lets go of it however this process ends. Throws, and has changed
 * nothing, where the file is not one that this service made.
 */
export function lockDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) refuseForeign(path);
  // Made first where there is none: only then can be told where a link leads.
  else closeSync(openSync(path, 'a'));
  const lock = new Sqlite(`${realpathSync(path)}.lock`, { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new Error('it is in use by another instance of this service', { cause: error });
  }
}

function refuseForeign(path: string): void {
  // Each of its names would have a log of its own, and what one log holds is lost on the other.
  if (statSync(path).nlink > 1) throw new Error('it has another name (a hard link)');
  const database = new Sqlite(path, { readonly: true });
  try {
    const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all();
    if (tables.length > 0 && !tables.includes('migrations')) {
      throw new Error(`it holds something else: ${tables.slice(0, 3).join(', ')}`);
    }
  } finally {
    database.close();
  }
}
