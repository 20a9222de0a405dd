import { join } from 'node:path';
import { sqliteAlone } from './limit-sqlite.js';
import { type Load, saturate } from './load.js';
import { paced } from './paced.js';
import type { Mix } from './events.js';
import { cpuSeconds, residentMiB, Server } from './process.js';
import { median, type Report } from './report.js';

export interface Run {
  readonly rounds: number;
  readonly seconds: number;
  /** Folder for databases. */
  readonly scratch: string;
}

export const WARM_UP_SECONDS = 2;
let databases = 0;

export function newDatabase({ scratch }: Run): string {
  return join(scratch, `events-${databases++}.db`);
}

/** Measures one event per request. The service and Fastify alone alternate. */
export async function singles(run: Run, report: Report): Promise<void> {
  const service = await Server.service(newDatabase(run));
  const fastify = await Server.fastify();
  const load = { batch: 1, mix: 'new', seconds: run.seconds } as const;
  for (const { url } of [service, fastify]) {
    await saturate({ ...load, url, connections: 64, seconds: WARM_UP_SECONDS });
  }
  const add = report.table('One event per request, compared with Fastify alone');
  for (const connections of [1, 64, 256]) {
    const measured: (FullLoad & { bare: number })[] = [];
    for (let round = 0; round < run.rounds; round++) {
      const full = await fullLoad(service, { ...load, url: service.url, connections });
      const { eventsPerSecond: bare } = await saturate({ ...load, url: fastify.url, connections });
      measured.push({ ...full, bare });
    }
    const medianOf = (figure: keyof FullLoad | 'bare') => median(measured.map((round) => round[figure]));
    add({
      connections,
      'service events/s': medianOf('eventsPerSecond'),
      'Fastify requests/s': medianOf('bare'),
      ratio: median(measured.map(({ eventsPerSecond, bare }) => eventsPerSecond / bare)),
      'event loop delay p99 ms': medianOf('delayP99Ms'),
      'CPU s per 100 000 events': medianOf('cpuSecondsPer100000'),
      'generator CPU': medianOf('generatorCpu'),
      'resident MiB': residentMiB(service.pid),
    });
  }
  await fastify.stop();
  await service.stop();
}

/** Measures many events per request. The service and better-sqlite3 alone alternate, each time on a new file. */
export async function batches(run: Run, report: Report): Promise<void> {
  const cases: { batch: number; mix: Mix; measured: BatchLoad[] }[] = [
    { batch: 100, mix: 'new', measured: [] },
    { batch: 1000, mix: 'new', measured: [] },
    { batch: 5000, mix: 'new', measured: [] },
    { batch: 1000, mix: 'duplicates', measured: [] },
    { batch: 1000, mix: 'conflicts', measured: [] },
  ];
  for (let round = 0; round < run.rounds; round++) {
    for (const { batch, mix, measured } of cases) measured.push(await batchLoad(run, batch, mix));
  }
  const add = report.table('Batches, compared with better-sqlite3 alone (1000 rows per transaction)');
  for (const { batch, mix, measured } of cases) {
    const medianOf = (figure: keyof BatchLoad) => median(measured.map((load) => load[figure]));
    add({
      'events per request': batch,
      events: mix,
      'service events/s': medianOf('eventsPerSecond'),
      'SQLite rows/s': medianOf('limit'),
      ratio: median(measured.map(({ eventsPerSecond, limit }) => eventsPerSecond / limit)),
      'event loop delay p99 ms': medianOf('delayP99Ms'),
      'CPU s per 100 000 events': medianOf('cpuSecondsPer100000'),
      'generator CPU': medianOf('generatorCpu'),
      'maximum resident MiB': Math.max(...measured.map(({ maxMiB }) => maxMiB)),
    });
  }
}

interface FullLoad {
  readonly eventsPerSecond: number;
  readonly generatorCpu: number;
  readonly cpuSecondsPer100000: number;
  readonly delayP99Ms: number;
}

interface BatchLoad extends FullLoad {
  /** Rows per second of SQLite alone, measured immediately before. */
  readonly limit: number;
  readonly maxMiB: number;
}

async function fullLoad(service: Server, load: Load): Promise<FullLoad> {
  await service.eventLoopDelay();
  const cpuBefore = cpuSeconds(service.pid);
  const { eventsPerSecond, generatorCpu } = await saturate(load);
  const cpu = cpuSeconds(service.pid) - cpuBefore;
  const { p99Ms } = await service.eventLoopDelay();
  return {
    eventsPerSecond,
    generatorCpu,
    cpuSecondsPer100000: (cpu / (eventsPerSecond * load.seconds)) * 100_000,
    delayP99Ms: p99Ms,
  };
}

async function batchLoad(run: Run, batch: number, mix: Mix): Promise<BatchLoad> {
  const limit = await sqliteAlone(newDatabase(run), run.seconds);
  const service = await Server.service(newDatabase(run));
  const load: Load = { url: service.url, connections: 8, seconds: run.seconds, batch, mix };
  await saturate({ ...load, seconds: WARM_UP_SECONDS });
  const measured = await fullLoad(service, load);
  const maxMiB = residentMiB(service.pid, 'VmHWM');
  await service.stop();
  return { ...measured, limit, maxMiB };
}

/** Measures latency at half of the maximum throughput, the usual load of a service in production. */
export async function latencyAtHalfLoad(run: Run, report: Report): Promise<void> {
  const add = report.table('Latency at half of the maximum throughput (evenly spread requests)');
  const cases = [
    { batch: 1, connections: 64 },
    { batch: 1000, connections: 8 },
  ];
  for (const { batch, connections } of cases) {
    const service = await Server.service(newDatabase(run));
    const load: Load = { url: service.url, connections, seconds: run.seconds, batch, mix: 'new' };
    await saturate({ ...load, seconds: WARM_UP_SECONDS });
    const { requestsPerSecond } = await saturate(load);
    const results = [];
    for (let round = 0; round < run.rounds; round++) results.push(await paced(load, requestsPerSecond / 2));
    add({
      'events per request': batch,
      connections,
      'requests/s': median(results.map((result) => result.requestsPerSecond)),
      'p50 ms': median(results.map((result) => result.p50Ms)),
      'p99 ms': median(results.map((result) => result.p99Ms)),
      'p99.9 ms': median(results.map((result) => result.p999Ms)),
    });
    await service.stop();
  }
}

/** Measures resident memory over minutes of full load. */
export async function steadyMemory(run: Run, report: Report, minutes: number): Promise<void> {
  const add = report.table(`Resident memory over ${minutes} minutes of full load, MiB`);
  for (const { batch, connections } of [
    { batch: 1, connections: 64 },
    { batch: 1000, connections: 8 },
  ]) {
    const service = await Server.service(newDatabase(run));
    const row: Record<string, number> = { 'events per request': batch };
    for (let minute = 1; minute <= minutes; minute++) {
      await saturate({ url: service.url, connections, seconds: 60, batch, mix: 'new' });
      row[`after ${minute} min`] = residentMiB(service.pid);
    }
    add({ ...row, maximum: residentMiB(service.pid, 'VmHWM') });
    await service.stop();
  }
}
