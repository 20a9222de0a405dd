import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** https://www.sqlite.org/fileformat2.html#walformat */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Where the last transaction that was committed ends in a write-ahead log. Behind it there may be frames of a
 * transaction that was not, or of the log's earlier round, which has another salt.
 */
export function endOfLastCommit(wal: string): number {
  const log = readFileSync(wal);
  if (log.length < HEADER_BYTES) return 0;
  const salt = log.subarray(16, 24);
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  let end = HEADER_BYTES;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    const isCommit = log.readUInt32BE(at + 4) !== 0;
    if (isCommit) end = at + frameBytes;
  }
  return end;
}

/**
 * Whether a checkpoint is under way, or was when the process died: the WAL index says how many frames it set out
 * to copy (nBackfillAttempted) and how many are known to be in the database file (nBackfill).
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
