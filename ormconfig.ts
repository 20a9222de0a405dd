import 'reflect-metadata';
import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { DEFAULT_DATABASE_URL, pathOf } from './src/store/sqlite/database-url.js';
import { CreateStore1763800000000 } from './src/store/sqlite/migrations/1763800000000-create-store.js';
import { ProcessedEvent } from './src/store/processed-event.entity.js';
import { TopicCounters } from './src/store/topic-counters.entity.js';

/** How long a commit waits for another process to let go of the file: of three under way, the last fails within a second. */
const BUSY_TIMEOUT_MS = 300;

/** Inner pages of the dedup index stay at hand; what readers need, the system caches. */
const WRITER_CACHE_KIB = 32 * 1024;

/** Should the thread for checkpoints not keep up, the one that writes helps: the log stays below 128 MiB. */
const MAX_LOG_PAGES = 32_000;

/**
 * How the store is opened. A read-only connection sees what is
 * committed and does not hold up the writer: write-ahead log.
 */
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
      if (readonly) return;
      database.pragma(`cache_size = ${-WRITER_CACHE_KIB}`);
      database.pragma('journal_mode = WAL');
      database.pragma(`wal_autocheckpoint = ${MAX_LOG_PAGES}`);
      // FULL syncs the log at every commit: what was answered survives a power cut. The driver's build defaults to NORMAL.
      database.pragma('synchronous = FULL');
    },
  };
}

/** For the TypeORM command line. */
export default new DataSource(dataSourceOptions(pathOf(process.env['DATABASE_URL'] || DEFAULT_DATABASE_URL)));
