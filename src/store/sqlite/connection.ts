import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ProcessedEvent } from './processed-event.entity.js';
import { MIGRATIONS } from './schema.js';
import { TopicCounters } from './topic-counters.entity.js';
import { LARGE_WAL_BYTES } from './checkpoints.js';
import { Sqlite } from './driver.js';

/** Maximum wait of a statement for a lock. With up to three commits in flight, the last one fails within a second. */
const BUSY_TIMEOUT_MS = 300;

/** Page cache of the writer, sized for the interior pages of the deduplication index. Readers use the OS page cache. */
const WRITER_CACHE_KIB = 32 * 1024;

/**
 * WAL size (131 MB) at which the writer also checkpoints, because the checkpointer is too slow. The WAL can still grow
 * further, because SQLite skips this checkpoint while another connection holds the checkpoint lock or an old read
 * transaction.
 */
const MAX_WAL_PAGES = 32_000;

/** Returns the path in a `sqlite:` URL. */
export function databasePath(databaseUrl: string): string {
  return databaseUrl.replace(/^sqlite:/, '');
}

/** Returns TypeORM's options for a database file. */
export function dataSourceOptions(path: string): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    driver: Sqlite,
    database: path,
    timeout: BUSY_TIMEOUT_MS,
    entities: [ProcessedEvent, TopicCounters],
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'all',
    synchronize: false,
    prepareDatabase: prepareWriter,
  };
}

/** Opens the database through TypeORM. Also returns the connection of its driver, which runs prepared statements. */
export async function connect(path: string): Promise<Connection> {
  const dataSource = await new DataSource(dataSourceOptions(path)).initialize();
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
  // Truncates the file when a large WAL is restarted. Otherwise the file would keep its largest size.
  database.pragma(`journal_size_limit = ${LARGE_WAL_BYTES}`);
  // FULL fsyncs the WAL at every commit, so a commit survives a power failure. The driver's build defaults to NORMAL.
  database.pragma('synchronous = FULL');
}
