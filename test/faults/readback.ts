import Sqlite from 'better-sqlite3';
import type { StatsResponse } from '../../src/stats/stats.dto.js';
import type { TopicCounters } from '../../src/store/topic-counters.entity.js';
import type { Client } from '../harness/client.js';
import { until } from '../harness/until.js';
import type { EventsPage } from '../../src/query/events.dto.js';

export type StoredEventDto = EventsPage['events'][number];

/** All that a service which is at rest shows of itself. */
export interface Readback {
  /** Walked over HTTP by cursor, in the order the pages gave. */
  readonly rows: readonly StoredEventDto[];
  readonly stats: Omit<StatsResponse, 'uptime' | 'topics'>;
  /** From the file. */
  readonly counters: readonly TopicCounters[];
  /** Rows in the file, whatever the pages showed. */
  readonly rowsInFile: number;
  /** What PRAGMA integrity_check says; "ok" if it was not asked. */
  readonly integrity: string;
}

/** Reads what came after `earlier` was read. Waits until the queue is empty; the file is only read. */
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
