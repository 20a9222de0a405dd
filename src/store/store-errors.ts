/** The store cannot write or read now (disk full, file locked, I/O error). Trying again later may succeed. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** An event of the batch cannot be stored, now or later. Nothing of the batch has been stored. */
export class UnstorableEventError extends Error {
  override readonly name = 'UnstorableEventError';
}

/** The database is damaged. Trying again does not help. */
export class StoreDamagedError extends Error {
  override readonly name = 'StoreDamagedError';
}

/** The database cannot be opened, or another instance owns it. The message names the database and the reason. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}
