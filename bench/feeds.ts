import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { event, payloadText } from './events.js';
import { sqliteAlone } from './limit-sqlite.js';
import { saturate } from './load.js';
import { residentMiB, Server } from './process.js';
import { median, type Report } from './report.js';
import { newDatabase, type Run } from './throughput.js';

const LINES = 1_000_000;

/** Measures the upload of a million lines with `curl -T`, and SQLite alone. */
export async function ndjson(run: Run, report: Report): Promise<void> {
  const add = report.table('A million lines of NDJSON with curl -T, compared with better-sqlite3 alone');
  const file = join(run.scratch, 'lines.ndjson');
  await writeLines(file);
  const [rates, limits, memory]: number[][] = [[], [], []];
  for (let round = 0; round < Math.min(run.rounds, 3); round++) {
    limits!.push(await sqliteAlone(newDatabase(run), run.seconds));
    const service = await Server.service(newDatabase(run));
    const started = performance.now();
    const curl = spawn('curl', [
      '-sS',
      '-X',
      'POST',
      '-T',
      file,
      '-H',
      'Content-Type: application/x-ndjson',
      `${service.url}/publish`,
    ]);
    let output = '';
    curl.stdout.on('data', (text: Buffer) => (output += text.toString()));
    await once(curl, 'close');
    const seconds = (performance.now() - started) / 1000;
    const { stored } = JSON.parse(output) as { stored: number };
    if (stored !== LINES) throw new Error(`curl printed: ${output}`);
    rates!.push(LINES / seconds);
    memory!.push(residentMiB(service.pid, 'VmHWM'));
    await service.stop();
  }
  add({
    'lines/s': median(rates!),
    'SQLite rows/s': median(limits!),
    ratio: median(rates!.map((rate, round) => rate / limits![round]!)),
    'maximum resident MiB': Math.max(...memory!),
  });
}

/** Measures the throughput of publishers with live subscribers, and the delay of deliveries. */
export async function subscribers(run: Run, report: Report): Promise<void> {
  const add = report.table('Live subscribers of every event (one event per request, 64 connections)');
  const cases = [
    { count: 0, reading: true },
    { count: 20, reading: false },
    { count: 1, reading: true },
    { count: 100, reading: true },
    { count: 1_000, reading: true },
  ];
  for (const { count, reading } of cases) {
    const service = await Server.service(newDatabase(run));
    const load = { url: service.url, connections: 64, batch: 1, mix: 'new' } as const;
    await saturate({ ...load, seconds: 2 });
    const delays: number[] = [];
    const readers = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        subscribe(service.url, reading, index === 0 ? delays : undefined),
      ),
    );
    const rates = [];
    for (let round = 0; round < Math.min(run.rounds, 3); round++) {
      rates.push((await saturate({ ...load, seconds: run.seconds })).eventsPerSecond);
    }
    const sorted = delays.toSorted((a, b) => a - b);
    add({
      subscribers: reading ? count : `${count} that never read`,
      'events/s in': median(rates),
      'delay p50 ms': sorted[Math.floor(sorted.length / 2)] ?? '',
      'delay p99 ms': sorted[Math.floor(sorted.length * 0.99)] ?? '',
      'resident MiB': residentMiB(service.pid),
    });
    for (const reader of readers) reader();
    await service.stop();
  }
}

/** Opens a stream, records the delays of deliveries in milliseconds, and resolves with a function that closes it. */
async function subscribe(url: string, reading: boolean, delays?: number[]): Promise<() => void> {
  const request = get(`${url}/events/stream`, { agent: false });
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { destroy(): void }];
  response.on('error', () => {});
  if (!reading) return () => response.destroy();
  response.on('data', (part: Buffer) => {
    if (!delays) return;
    const now = Date.now();
    for (const [, at] of part.toString().matchAll(/"processed_at":"([^"]+)"/g))
      delays.push(now - Date.parse(at!));
  });
  return () => response.destroy();
}

async function writeLines(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let line = 0; line < LINES; line++) {
    if (!file.write(`${event(`topic-${line % 10}`, `line-${line}`, payloadText(line))}\n`))
      await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
