import type { Database } from 'better-sqlite3';
import { existsSync, realpathSync } from 'node:fs';
import { hasBytes } from './foreign-database.js';
import { Sqlite } from './driver.js';

/** Maximum wait for a lock. In WAL mode, a read waits only while another connection recovers the WAL. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a database that the caller only reads, while the service may use it. Leaves no file behind: if no other connection seems to exist,
 * opens it read-write, because a read-only connection would leave the WAL and the shared memory that it creates.
 */
export function openToRead(path: string): Database {
  if (!existsSync(path)) throw new Error('there is no such file');
  const file = realpathSync(path);
  const isUsed = existsSync(`${file}-shm`) || hasBytes(`${file}-wal`);
  return new Sqlite(file, { readonly: isUsed, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
}
