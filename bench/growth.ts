import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { SqliteStore } from '../src/store/sqlite/sqlite-store.js';
import type { StatsResponse } from '../src/stats/stats.dto.js';
import { Connection } from './connection.js';
import { payloadText } from './events.js';
import { type Load, saturate } from './load.js';
import { paced } from './paced.js';
import { Server } from './process.js';
import { median, type Report } from './report.js';
import { newDatabase, type Run, WARM_UP_SECONDS } from './throughput.js';

const ROWS_PER_COMMIT = 5_000;
const READS = 500;
const MANY_TOPICS = 10_000;

type Ids = 'time-ordered' | 'random UUIDs';

/** Measures the service with many events stored. Sizes alternate, and each measurement uses a copy of its file. */
export async function growth(run: Run, report: Report, sizes: readonly number[]): Promise<void> {
  const add = report.table('With many events stored (throughput: one event per request, 64 connections)');
  const addReads = report.table('Reads with many events stored, p99 ms');
  addReads(await manyTopics(run));
  for (const ids of ['time-ordered', 'random UUIDs'] as const) {
    const stored = [0, ...sizes].map((size): Stored => ({
      size,
      file: newDatabase(run),
      loads: [],
      reads: [],
    }));
    for (const { file, size } of stored) await fill(file, size, ids);
    for (let round = 0; round < run.rounds; round++) {
      for (const { file, size, loads, reads } of stored) {
        const database = copy(file, newDatabase(run));
        const service = await Server.service(database);
        loads.push(await loadedBy(run, service, ids));
        if (size > 0) reads.push(await readP99s(service, size));
        await service.stop();
        rmSync(database);
      }
    }
    for (const { size, loads } of stored) add({ stored: size, ids, ...medians(loads) });
    for (const { size, reads } of stored) if (size > 0) addReads({ stored: size, ids, ...medians(reads) });
  }
}

type Figures = Record<string, number>;

interface Stored {
  readonly size: number;
  readonly file: string;
  readonly loads: Figures[];
  readonly reads: Figures[];
}

async function manyTopics(run: Run): Promise<Record<string, string | number>> {
  const database = newDatabase(run);
  await fill(database, MANY_TOPICS, 'time-ordered', MANY_TOPICS);
  const service = await Server.service(database);
  const stats: Figures[] = [];
  for (let round = 0; round < run.rounds; round++)
    stats.push({ '/stats': await p99(service, () => '/stats') });
  const figures = { stored: MANY_TOPICS, ids: `${MANY_TOPICS} topics`, ...medians(stats) };
  await service.stop();
  return figures;
}

/** Copies a file, then flushes all pending writes and deletions, so that they do not disturb the measurement. */
function copy(from: string, to: string): string {
  copyFileSync(from, to);
  execFileSync('sync');
  return to;
}

async function loadedBy({ seconds }: Run, { url }: Server, ids: Ids): Promise<Figures> {
  const mix = ids === 'time-ordered' ? 'new' : 'random';
  const load: Load = { url, connections: 64, seconds, batch: 1, mix };
  await saturate({ ...load, seconds: WARM_UP_SECONDS });
  const { eventsPerSecond } = await saturate(load);
  const { p99Ms } = await paced(load, eventsPerSecond / 2);
  const batches = await saturate({ ...load, connections: 8, batch: 1000 });
  return {
    'events/s': eventsPerSecond,
    'p99 ms at half load': p99Ms,
    'events/s in batches of 1000': batches.eventsPerSecond,
    'generator CPU': batches.generatorCpu,
  };
}

/** Fills a database through the store, so that its pages have the layout that the service produces. */
async function fill(database: string, size: number, ids: Ids, topics = 10): Promise<void> {
  const store = await SqliteStore.open(database);
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
    await store.commit([{ events }]);
  }
  await store.close();
}

async function readP99s(service: Server, size: number): Promise<Figures> {
  const { topics } = await service.get<StatsResponse>('/stats');
  const topic = () => oneOf(topics);
  const { events } = await service.get<{ events: { topic: string; event_id: string }[] }>(
    `/events?limit=1000&before=${Math.floor(size / 2)}`,
  );
  return {
    'first page': await p99(service, () => `/events?topic=${topic()}`),
    'page deep inside': await p99(
      service,
      () => `/events?topic=${topic()}&before=${Math.ceil(Math.random() * size)}`,
    ),
    'one event': await p99(service, () => {
      const event = oneOf(events);
      return `/events/${event.topic}/${event.event_id}`;
    }),
    '/stats': await p99(service, () => '/stats'),
  };
}

function oneOf<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)]!;
}

/** Returns the median of each figure over the rounds. */
function medians(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0]!);
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]!))]));
}

/** Returns the p99 in milliseconds of sequential uncompressed reads, each timed to the last byte. */
async function p99({ url }: Server, path: () => string): Promise<number> {
  const connection = await Connection.open(url);
  const times: number[] = [];
  for (let index = 0; index < READS; index++) {
    const target = path();
    const started = performance.now();
    await connection.get(target);
    times.push(performance.now() - started);
  }
  connection.close();
  return times.sort((a, b) => a - b)[Math.ceil(READS * 0.99) - 1]!;
}
