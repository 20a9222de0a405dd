import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ProcessedEvent } from '../processed-event.entity.js';
import { TopicCounters } from '../topic-counters.entity.js';
import { CreateStore1763800000000 } from './migrations/1763800000000-create-store.js';

/** How long a statement waits for a lock. Up to three commits are in flight: the last of them fails within a second. */
const BUSY_TIMEOUT_MS = 300;

/** Cache of the writer: holds the interior pages of the deduplication index. Readers rely on the OS page cache. */
const WRITER_CACHE_KIB = 32 * 1024;

/**
 * WAL size from which the writer also checkpoints, if the checkpointer does not keep up: 128 MiB. Not a bound,
 * because SQLite skips that checkpoint while another connection holds the checkpoint lock or an old read transaction.
 */
const MAX_WAL_PAGES = 32_000;

/** Returns the path in a `sqlite:` URL. */
export function databasePath(databaseUrl: string): string {
  return databaseUrl.replace(/^sqlite:/, '');
}

/** TypeORM's options for a database file. In WAL mode a read-only connection does not block the writer. */
export function dataSourceOptions(path: string, { readonly = false } = {}): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: path,
    readonly,
    timeout: BUSY_TIMEOUT_MS,
    entities: [ProcessedEvent, TopicCounters],
    migrations: [CreateStore1763800000000],
    migrationsTransactionMode: 'all',
    synchronize: false,
    prepareDatabase: (database: Database) => {
      if (!readonly) prepareWriter(database);
    },
  };
}

/** Opens the database through TypeORM and returns its driver connection too. */
export async function connect(path: string, options: { readonly?: boolean } = {}): Promise<Connection> {
  const dataSource = await new DataSource(dataSourceOptions(path, options)).initialize();
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: Database };
  return { dataSource, database: databaseConnection };
}

export interface Connection {
  readonly dataSource: DataSource;
  readonly database: Database;
}

function prepareWriter(database: Database): void {
  database.pragma(`cache_size = ${-WRITER_CACHE_KIB}`);
  database.pragma('journal_mode = WAL');
  database.pragma(`wal_autocheckpoint = ${MAX_WAL_PAGES}`);
  // FULL fsyncs the WAL at every commit, so a commit survives a power failure. The driver's build defaults to NORMAL.
  database.pragma('synchronous = FULL');
}
