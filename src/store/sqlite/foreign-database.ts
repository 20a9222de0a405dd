import type { Database } from 'better-sqlite3';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { CreateStore1763800000000 } from './migrations/1763800000000-create-store.js';
import { APPLICATION_ID } from './migrations/1764000000000-set-application-id.js';
import { Sqlite } from './driver.js';

const ADVICE = 'set another DATABASE_URL';
const MAX_REPORTED_NAMES = 3;
const TABLES_OF_TYPEORM = ['migrations', 'sqlite_sequence'];

/**
 * Rejects a file that is not a database of this service. Does not change the file and leaves no file next to it,
 * because it may belong to another program.
 */
export function rejectForeign(path: string): void {
  const file = statSync(path);
  if (!file.isFile()) throw new Error('it is not a file; set another DATABASE_URL');
  // SQLite names the WAL after the path. With two hard links there would be two WALs, and commits in one would be
  // invisible through the other.
  if (file.nlink > 1)
    throw new Error('it has another hard link; remove that one, or set another DATABASE_URL');
  // SQLite would open it read-only, without an error, and leave a WAL next to it.
  if (!isWritable(path)) throw new Error('it is not writable; permit writing, or set another DATABASE_URL');
  if (file.size === 0) return;
  const reason = inspect(realpathSync(path), reasonToReject);
  if (reason) throw new Error(`it is a database of another program: ${reason}; ${ADVICE}`);
}

/** Returns why the database is not one of this service, or undefined if it is. */
export function reasonToReject(database: Database): string | undefined {
  const applicationId = database.pragma('application_id', { simple: true }) as number;
  const userVersion = database.pragma('user_version', { simple: true }) as number;
  const namesOf = (type: 'table' | 'view') =>
    database.prepare('SELECT name FROM sqlite_master WHERE type = ?').pluck().all(type) as string[];
  const [tables, views] = [namesOf('table'), namesOf('view')];
  // Version 0.1 did not set the application id.
  if (applicationId === APPLICATION_ID || hasFirstMigration(database, tables)) return undefined;
  if (applicationId !== 0) return `its application_id is ${applicationId}`;
  if (tables.length > 0) return `it contains other tables: ${shorten(tables)}`;
  if (views.length > 0) return `it contains other views: ${shorten(views)}`;
  return userVersion === 0 ? undefined : `its user_version is ${userVersion}`;
}

/**
 * Returns whether the first migration of this service has run or was interrupted. TypeORM creates its own table before
 * the transaction of the migrations, so an interrupted migration leaves this table empty. Other programs may also have
 * a table named `migrations`.
 */
function hasFirstMigration(database: Database, tables: readonly string[]): boolean {
  if (!tables.includes('migrations')) return false;
  const columns = database.prepare(`SELECT name FROM pragma_table_info('migrations')`).pluck().all();
  if (columns.join() !== 'id,timestamp,name') return false;
  const names = database.prepare('SELECT name FROM migrations').pluck().all();
  const isNew = names.length === 0 && tables.every((table) => TABLES_OF_TYPEORM.includes(table));
  return isNew || names.includes(CreateStore1763800000000.name);
}

function shorten(names: readonly string[]): string {
  return names.slice(0, MAX_REPORTED_NAMES).join(', ') + (names.length > MAX_REPORTED_NAMES ? ', …' : '');
}

/**
 * Reads a database and leaves its folder unchanged. The driver does not support `immutable=1`, so the kind of
 * connection depends on the files that exist:
 * - After a crash, there is a journal, or a WAL without shared memory. A connection would recover the database, so a
 *   copy is read.
 * - If the WAL has frames, the connection is read-only. A read-write connection would checkpoint the WAL when it
 *   closes.
 * - Otherwise, the connection is read-write but only reads. It removes the WAL and the shared memory that it creates. A
 *   read-only connection would leave them.
 */
function inspect<T>(path: string, read: (database: Database) => T): T {
  const hasFrames = hasBytes(`${path}-wal`);
  if (hasBytes(`${path}-journal`) || (hasFrames && !existsSync(`${path}-shm`)))
    return inspectCopy(path, read);
  return readFrom(path, hasFrames, read);
}

function inspectCopy<T>(path: string, read: (database: Database) => T): T {
  const folder = mkdtempSync(`${path}.copy-`);
  try {
    const copy = join(folder, 'copy.db');
    for (const suffix of ['', '-wal', '-journal']) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix, constants.COPYFILE_FICLONE);
    }
    return readFrom(copy, false, read);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readFrom<T>(path: string, readonly: boolean, read: (database: Database) => T): T {
  const database = new Sqlite(path, { readonly, fileMustExist: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function hasBytes(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
