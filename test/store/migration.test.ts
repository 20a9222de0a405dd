import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';
import type { EventsPage } from '../../src/query/events.dto.js';
import type { TopicsPage } from '../../src/stats/topics.dto.js';
import type { StatsResponse } from '../../src/stats/stats.dto.js';
import { anEvent } from '../harness/an-event.js';
import { aDatabase } from '../harness/database.js';
import { Service } from '../harness/service.js';

/**
 * Reads a part of a database of version 0.1. Its service was stopped once and killed later, so that 300 events are in
 * the file and 60 in the WAL. They include duplicates, conflicts and unusual characters. The JSON file contains the
 * responses of that service.
 */
const fixture = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../../test/fixtures/events-0.1.${name}.gz`, import.meta.url)));

const shown = JSON.parse(fixture('json').toString()) as {
  events: EventsPage['events'];
  stats: Omit<StatsResponse, 'uptime' | 'queue_depth'>;
  topics: TopicsPage['topics'];
};

function restored(): string {
  const database = aDatabase();
  writeFileSync(database, fixture('db'));
  writeFileSync(`${database}-wal`, fixture('db-wal'));
  return database;
}

describe('a database of version 0.1', () => {
  it('keeps its events, topics and counters', async () => {
    const service = await Service.start({}, restored());
    expect(await service.everything()).toEqual(shown.events);
    expect(await service.stats()).toEqual({ ...shown.stats, queue_depth: 0, uptime: expect.any(Number) });
    expect((await service.get<TopicsPage>('/topics?limit=1000')).topics).toEqual(shown.topics);
  });

  it('continues with the next seq, and detects duplicates of its events', async () => {
    const service = await Service.start({}, restored());
    const { events, stats } = shown;
    const asSent = ({ topic, event_id, timestamp, source, payload }: EventsPage['events'][number]) => ({
      topic,
      event_id,
      timestamp,
      source,
      payload,
    });
    const [early, inWal] = [asSent(events[5]!), asSent(events.at(-1)!)];
    const response = await service.publish([early, inWal, { ...early, payload: { other: 1 } }, anEvent()]);
    const { results } = (await response.json()) as PublishedBatch;
    expect(results!.map(({ outcome, seq }) => [outcome, seq])).toEqual([
      ['duplicate', 6],
      ['duplicate', 360],
      ['conflict', 6],
      ['stored', 361],
    ]);
    expect(await service.stats()).toMatchObject({
      received: stats.received + 4,
      unique_processed: stats.unique_processed + 1,
      duplicate_dropped: stats.duplicate_dropped + 3,
      conflicts: stats.conflicts + 1,
    });
  });
});
