import type { Database } from 'better-sqlite3';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MaintenanceError, type MaintenanceOptions, type Verification } from '../maintenance.js';
import { requireSpace, sizeOf, syncFolder } from './files.js';
import { hasBytes } from './foreign-database.js';
import { holdLock } from './lock.js';
import { runTask } from './task.js';

/** Files that SQLite would apply to the restored database. They belong to one that was removed. */
const REMNANTS = ['-wal', '-shm', '-journal'];

/**
 * Verifies `backup` and copies it to `path`, where no database may exist. The database appears when it is complete and
 * durable. Holds the lock of the database meanwhile, so that no service can start.
 */
export async function restoreDatabase(
  path: string,
  backup: string,
  options: MaintenanceOptions,
): Promise<Verification> {
  if (!existsSync(backup)) throw new MaintenanceError(`There is no file ${backup}.`);
  // SQLite applies these files to the database. The copy would be incomplete without them.
  if (hasBytes(`${backup}-wal`) || hasBytes(`${backup}-journal`))
    throw new MaintenanceError(
      `${backup} is a database in use, not a backup. Copy it with the command backup.`,
    );
  rejectExisting(path);
  const verification = await runTask({ name: 'verify', path: backup }, options);
  if (verification.findings.length > 0)
    throw new MaintenanceError(`${backup} is not a valid backup.`, verification.findings);

  mkdirSync(dirname(path), { recursive: true });
  const folder = realpathSync(dirname(path));
  const file = existsSync(path) ? realpathSync(path) : join(folder, basename(path));
  const lock = lockNew(file);
  try {
    rejectExisting(file);
    await copyTo(file, backup, options);
  } finally {
    lock.close();
  }
  return verification;
}

async function copyTo(
  file: string,
  backup: string,
  { signal, onProgress }: MaintenanceOptions,
): Promise<void> {
  const bytes = sizeOf(backup);
  const folder = dirname(file);
  await requireSpace(folder, bytes);
  const part = `${file}.${process.pid}.part`;
  let copied = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onProgress('Copying the backup', (copied += chunk.length), bytes);
      done(null, chunk);
    },
  });
  try {
    // `flush` fsyncs the file before it is closed.
    await pipeline(createReadStream(backup), count, createWriteStream(part, { flags: 'wx', flush: true }), {
      signal,
    });
    for (const suffix of REMNANTS) rmSync(file + suffix, { force: true });
    renameSync(part, file);
    syncFolder(folder);
  } finally {
    rmSync(part, { force: true });
  }
}

/** Throws if there is a database. An empty file is none: the service creates it before its database. */
function rejectExisting(path: string): void {
  if (hasBytes(path))
    throw new MaintenanceError(
      `${path} exists. Stop the service and move the file away, with its -wal and -shm.`,
    );
}

function lockNew(file: string): Database {
  try {
    return holdLock(file);
  } catch (error) {
    throw new MaintenanceError(`${file} cannot be locked: ${(error as Error).message}`, [], { cause: error });
  }
}
