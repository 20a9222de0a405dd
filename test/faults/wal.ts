import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** Sizes in a WAL file: https://www.sqlite.org/fileformat2.html#walformat */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Returns the offset of the end of the last committed transaction in a WAL file. The frames after it belong to an
 * uncommitted transaction, or are older than the last reset of the WAL and have a different salt.
 */
export function endOfLastCommit(path: string): number {
  const wal = readFileSync(path);
  if (wal.length < HEADER_BYTES) return 0;
  const salt = wal.subarray(16, 24);
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  let end = HEADER_BYTES;
  for (let at = HEADER_BYTES; at + frameBytes <= wal.length; at += frameBytes) {
    if (!wal.subarray(at + 8, at + 16).equals(salt)) break;
    const isCommit = wal.readUInt32BE(at + 4) !== 0;
    if (isCommit) end = at + frameBytes;
  }
  return end;
}

/**
 * Returns whether a checkpoint is running, or was running when the process was killed. The WAL index contains the
 * number of frames to copy (nBackfillAttempted) and of frames known to be in the database file (nBackfill).
 * https://www.sqlite.org/walformat.html#the_wal_index_file_format
 */
export function isInCheckpoint(shm: string): boolean {
  const file = openSync(shm, 'r');
  try {
    if (fstatSync(file).size < 136) return false;
    const index = Buffer.alloc(136);
    readSync(file, index, 0, 136, 0);
    const [nBackfill, nBackfillAttempted] = [index.readUInt32LE(96), index.readUInt32LE(128)];
    return nBackfillAttempted > nBackfill;
  } finally {
    closeSync(file);
  }
}
