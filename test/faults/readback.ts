import Sqlite from 'better-sqlite3';
import type { StatsResponse } from '../../src/stats/stats.dto.js';
import type { TopicCounters } from '../../src/store/topic-counters.entity.js';
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
  url: string,
  database: string,
  { earlier = [], thorough = true }: { earlier?: readonly StoredEventDto[]; thorough?: boolean } = {},
): Promise<Readback> {
  let stats = await get<StatsResponse>(url, '/stats');
  await until(async () => {
    stats = await get<StatsResponse>(url, '/stats');
    return stats.queue_depth === 0;
  }, 'the queue is empty');

  const rows = [...earlier];
  for (let after: number | null = earlier.at(-1)?.seq ?? 0; after !== null;) {
    const page: EventsPage = await get(url, `/events?order=asc&limit=1000&after=${after}`);
    for (const event of page.events) rows.push(event);
    after = page.next_cursor;
  }

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

async function get<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text}`);
  // Not response.json(): in Jest its objects are of another realm, and so never deep-equal to ours.
  return JSON.parse(text) as T;
}
