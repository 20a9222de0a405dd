/** Work on a database without the service. It may run meanwhile, except during a restore. */
const FILE_SCHEME = 'sqlite:';

/** The result of a verification. */
export interface Verification {
  /** Number of stored events. */
  readonly events: number;
  /** The highest seq; 0 if the store is empty. */
  readonly lastSeq: number;
  readonly topics: number;
  /** Sentences that describe what is wrong; none if nothing is. */
  readonly findings: readonly string[];
}

/** Reports the progress of a stage; without `total`, its end is unknown. A new title begins a new stage. */
export type OnProgress = (title: string, done?: number, total?: number) => void;

export interface MaintenanceOptions {
  /** Ends the work and removes its temporary files. The promise rejects with the reason. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Reports why the work cannot be done. The operator reads the message. */
export class MaintenanceError extends Error {
  override readonly name = 'MaintenanceError';

  constructor(
    message: string,
    /** What is wrong with the data, if that is the reason. */
    readonly findings: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Returns whether the database is a file, which `backUp` and `restore` require. */
export function isFile(databaseUrl: string): boolean {
  return databaseUrl.startsWith(FILE_SCHEME);
}

/** Copies the database to a new file, also while the service runs. Verifies the copy. Rejects with `MaintenanceError`. */
export async function backUp(
  databaseUrl: string,
  file: string,
  options: MaintenanceOptions,
): Promise<Verification> {
  const { backUpDatabase } = await import('./sqlite/backup.js');
  return backUpDatabase(pathOf(databaseUrl), file, options);
}

/** Verifies a backup and copies it to the place of a database that does not exist. Rejects with `MaintenanceError`. */
export async function restore(
  databaseUrl: string,
  file: string,
  options: MaintenanceOptions,
): Promise<Verification> {
  const { restoreDatabase } = await import('./sqlite/restore.js');
  return restoreDatabase(pathOf(databaseUrl), file, options);
}

/** Verifies a database in one snapshot, without changing it. Rejects with `MaintenanceError` if it cannot be opened. */
export async function verify(databaseUrl: string, options: MaintenanceOptions): Promise<Verification> {
  if (!isFile(databaseUrl)) {
    const { verifyDatabase } = await import('./postgres/verify.js');
    return verifyDatabase(databaseUrl, options);
  }
  const { runTask } = await import('./sqlite/task.js');
  return runTask({ name: 'verify', path: pathOf(databaseUrl) }, options);
}

function pathOf(databaseUrl: string): string {
  return databaseUrl.slice(FILE_SCHEME.length);
}
