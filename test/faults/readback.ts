import Sqlite from 'better-sqlite3';
import type { StatsResponse } from '../../src/stats/stats.dto.js';
import type { TopicCounters } from '../../src/store/store.js';
import type { Client } from '../harness/client.js';
import { until } from '../harness/until.js';
import type { EventsPage } from '../../src/query/events.dto.js';

export type StoredEventDto = EventsPage['events'][number];

/** State of an idle service, read over HTTP and from its database file. */
export interface Readback {
  /** Rows of GET /events, in page order. */
  readonly rows: readonly StoredEventDto[];
  readonly stats: Omit<StatsResponse, 'uptime' | 'topics'>;
  /** Counters in the database file. */
  readonly counters: readonly TopicCounters[];
  /** Number of rows in the database file. */
  readonly rowsInFile: number;
  /** Result of PRAGMA integrity_check; "ok" if the check was skipped. */
  readonly integrity: string;
}

/** Waits until the queue is empty, then reads the rows after `earlier`. Opens the database file read-only. */
export async function readBack(
  service: Client,
  database: string,
  { earlier = [], thorough = true }: { earlier?: readonly StoredEventDto[]; thorough?: boolean } = {},
): Promise<Readback> {
  let stats = await service.stats();
  await until(async () => {
    stats = await service.stats();
    return stats.queue_depth === 0;
  }, 'the queue is empty');
  const rows = [...earlier, ...(await service.everything(earlier.at(-1)?.seq))];

  const file = new Sqlite(database, { readonly: true });
  try {
    return {
      rows,
      stats,
      counters: file.prepare<[], TopicCounters>('SELECT * FROM topic_counters').all(),
      rowsInFile: file.prepare<[], number>('SELECT count(*) FROM processed_events').pluck().get()!,
      integrity: thorough ? String(file.pragma('integrity_check(1)', { simple: true })) : 'ok',
    };
  } finally {
    file.close();
  }
}
