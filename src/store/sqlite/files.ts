import { closeSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { MaintenanceError } from '../maintenance.js';

/** Makes created, renamed and removed files of a folder durable. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Returns the size of a file; 0 if it does not exist. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Rejects if the volume of a folder has no room. A full disk would also stop a service that writes to it. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes)
    throw new MaintenanceError(`${folder} has ${bavail * bsize} bytes free, but the copy needs ${bytes}.`);
}

/** Removes an incomplete copy of a database. SQLite keeps a journal while it writes one. */
export function removeCopy(path: string): void {
  for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true });
}
