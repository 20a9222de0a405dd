/** Temporary failure to write or read (disk full, file locked, I/O error). A later attempt may succeed. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
}

/** Temporary refusal to read, because too many scans are in progress. */
export class StoreBusyError extends StoreUnavailableError {
  override readonly name = 'StoreBusyError';
}

/** Permanent failure to store an event of a batch. No event of the batch has been stored. */
export class UnstorableEventError extends Error {
  override readonly name = 'UnstorableEventError';
}

/** Permanent failure to read, because the database is damaged. */
export class StoreDamagedError extends Error {
  override readonly name = 'StoreDamagedError';
}

/** Failure to open the database, which another instance may own. The message names the database and the reason. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}
