import { existsSync, lstatSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { MaintenanceError, type MaintenanceOptions, type Verification } from '../maintenance.js';
import { removeCopy, requireSpace, sizeOf, syncFolder } from './files.js';
import { runTask } from './task.js';

const PROGRESS_INTERVAL_MS = 100;
const COPYING = 'Copying the database';

/**
 * Copies the database at `source` to the new file `target` with VACUUM INTO, and verifies the copy. `target` appears when
 * the copy is complete, durable and verified. The copy has every event that was acknowledged before the call.
 */
export async function backUpDatabase(
  source: string,
  target: string,
  options: MaintenanceOptions,
): Promise<Verification> {
  if (!existsSync(source))
    throw new MaintenanceError(`There is no database at ${source}. Set DATABASE_URL as for the service.`);
  rejectExisting(target);
  const folder = dirname(target);
  if (!existsSync(folder)) throw new MaintenanceError(`The folder ${folder} does not exist. Create it.`);
  // With the WAL, because all of it may be new events.
  const bytes = sizeOf(source) + sizeOf(`${source}-wal`);
  await requireSpace(folder, bytes);

  const part = `${target}.${process.pid}.part`;
  try {
    await copy(source, part, sizeOf(source), options);
    const verification = await runTask({ name: 'verify', path: part }, options);
    if (verification.findings.length > 0)
      throw new MaintenanceError(`The copy of ${source} is not valid.`, verification.findings);
    rejectExisting(target);
    renameSync(part, target);
    syncFolder(folder);
    return verification;
  } finally {
    removeCopy(part);
  }
}

async function copy(source: string, part: string, bytes: number, options: MaintenanceOptions): Promise<void> {
  const { onProgress } = options;
  onProgress(COPYING, 0, bytes);
  const timer = setInterval(
    () => onProgress(COPYING, Math.min(sizeOf(part), bytes), bytes),
    PROGRESS_INTERVAL_MS,
  );
  try {
    await runTask({ name: 'copy', source, target: part }, options);
  } finally {
    clearInterval(timer);
  }
}

/** Throws if there is a file, or a link to one. */
function rejectExisting(target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }))
    throw new MaintenanceError(`${target} exists. Choose another file, or remove it.`);
}
