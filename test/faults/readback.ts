import type { StatsResponse } from '../../src/stats/stats.dto.js';
import type { TopicCounters } from '../../src/store/store.js';
import type { Client } from '../harness/client.js';
import { execute } from '../harness/postgres.js';
import { until } from '../harness/until.js';
import type { EventsPage } from '../../src/query/events.dto.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

export type StoredEventDto = EventsPage['events'][number];

/** State of an idle service, read over HTTP and from its database. */
export interface Readback extends Tables {
  /** Rows of GET /events, in page order. */
  readonly rows: readonly StoredEventDto[];
  readonly stats: Omit<StatsResponse, 'uptime' | 'topics'>;
}

/** State of a database, read without the service. */
export interface Tables {
  readonly counters: readonly TopicCounters[];
  /** Number of stored events. */
  readonly rowCount: number;
  /** Result of a check of the database; "ok" if there was none. */
  readonly integrity: string;
}

/** Waits until the queue is empty, then reads the rows after `earlier`, and the tables. */
export async function readBack(
  service: Client,
  readTables: () => Tables | Promise<Tables>,
  earlier: readonly StoredEventDto[] = [],
): Promise<Readback> {
  let stats = await service.stats();
  await until(async () => {
    stats = await service.stats();
    return stats.queue_depth === 0;
  }, 'the queue is empty');
  const rows = [...earlier, ...(await service.everything(earlier.at(-1)?.seq))];

  return { rows, stats, ...(await readTables()) };
}

/** Reads the tables of a database file. A thorough check reads the whole file. */
export function readDatabaseFile(database: string, thorough: boolean): Tables {
  const file = new Sqlite(database, { readonly: true });
  try {
    return {
      counters: file.prepare<[], TopicCounters>('SELECT * FROM topic_counters').all(),
      rowCount: file.prepare<[], number>('SELECT count(*) FROM processed_events').pluck().get()!,
      integrity: thorough ? String(file.pragma('integrity_check(1)', { simple: true })) : 'ok',
    };
  } finally {
    file.close();
  }
}

/** Reads the tables of a PostgreSQL database. */
export async function readPostgres(databaseUrl: string): Promise<Tables> {
  const [count] = await execute<{ rows: number }>(
    databaseUrl,
    'SELECT count(*)::int AS rows FROM processed_events',
  );
  const counters = await execute<TopicCounters>(
    databaseUrl,
    `SELECT topic, received::int, unique_processed::int, duplicate_dropped::int, conflicts::int FROM topic_counters`,
  );
  return { counters, rowCount: count!.rows, integrity: 'ok' };
}
