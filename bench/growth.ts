import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Store } from '../src/store/store.js';
import { loadConfig } from '../src/config.js';
import type { StatsAnswer } from '../src/stats/stats.js';
import { Connection } from './connection.js';
import { payloadText } from './events.js';
import { type Load, saturate } from './load.js';
import { paced } from './paced.js';
import { Server } from './process.js';
import { median, type Report } from './report.js';
import { newDatabase, type Run } from './throughput.js';

const ROWS_PER_COMMIT = 5_000;
const READS = 500;
const MANY_TOPICS = 10_000;

type Ids = 'time-ordered' | 'random UUIDs';

/** What the service costs when much is stored already. */
export async function growth(run: Run, report: Report, sizes: readonly number[]): Promise<void> {
  const add = report.table('With much stored (throughput: one event a request, 64 connections)');
  const addReads = report.table('Reads with much stored, p99 ms');
  for (const ids of ['time-ordered', 'random UUIDs'] as const) {
    for (const size of [0, ...sizes]) {
      const database = newDatabase(run);
      await fill(database, size, ids);
      const service = await Server.service(database);
      const load: Load = { url: service.url, connections: 64, seconds: run.seconds, batch: 1, mix: 'new' };
      await saturate({ ...load, seconds: 2 });
      const rates = [];
      for (let round = 0; round < run.rounds; round++) rates.push((await saturate(load)).eventsPerSecond);
      const batch = await saturate({ ...load, connections: 8, batch: 1000 });
      const { p99Ms } = await paced(load, median(rates) / 2);
      add({
        stored: size,
        ids,
        'events/s': median(rates),
        'events/s in batches of 1000': batch.eventsPerSecond,
        'p99 ms at half load': p99Ms,
      });
      if (size > 0) addReads({ stored: size, ids, ...(await reads(service, size)) });
      await service.stop();
    }
  }
  const database = newDatabase(run);
  await fill(database, MANY_TOPICS, 'time-ordered', MANY_TOPICS);
  const service = await Server.service(database);
  addReads({
    stored: MANY_TOPICS,
    ids: `${MANY_TOPICS} topics`,
    '/stats': await p99(service, () => '/stats'),
  });
  await service.stop();
}

/** Through the store itself, which is how they would have come. */
async function fill(database: string, size: number, ids: Ids, topics = 10): Promise<void> {
  const store = await Store.open(loadConfig({ DATABASE_URL: `sqlite:${database}` }));
  const started = Date.now();
  for (let stored = 0; stored < size; stored += ROWS_PER_COMMIT) {
    const events = Array.from({ length: Math.min(ROWS_PER_COMMIT, size - stored) }, (_, index) => ({
      topic: `topic-${(stored + index) % topics}`,
      event_id:
        ids === 'time-ordered'
          ? `${started.toString(36)}-${String(stored + index).padStart(9, '0')}`
          : randomUUID(),
      timestamp: '2026-01-31T12:00:00.000Z',
      source: 'bench',
      payload: payloadText(index),
    }));
    await store.commit(events);
  }
  await store.onApplicationShutdown();
}

async function reads(service: Server, size: number): Promise<Record<string, number>> {
  const { topics } = await service.get<StatsAnswer>('/stats');
  const topic = () => topics[Math.floor(Math.random() * topics.length)]!;
  const sample = await service.get<{ events: { topic: string; event_id: string }[] }>(
    `/events?limit=1000&before=${Math.floor(size / 2)}`,
  );
  const key = () => sample.events[Math.floor(Math.random() * sample.events.length)]!;
  return {
    'first page': await p99(service, () => `/events?topic=${topic()}`),
    'page deep inside': await p99(
      service,
      () => `/events?topic=${topic()}&before=${Math.ceil(Math.random() * size)}`,
    ),
    'one event': await p99(service, () => {
      const { topic: of, event_id } = key();
      return `/events/${of}/${event_id}`;
    }),
    '/stats': await p99(service, () => '/stats'),
  };
}

/** One after the other, uncompressed, until the last byte. */
async function p99({ url }: Server, path: () => string): Promise<number> {
  const connection = await Connection.open(url);
  const times: number[] = [];
  for (let index = 0; index < READS; index++) {
    const asked = path();
    const started = performance.now();
    await connection.get(asked);
    times.push(performance.now() - started);
  }
  connection.close();
  return times.sort((a, b) => a - b)[Math.ceil(READS * 0.99) - 1]!;
}
