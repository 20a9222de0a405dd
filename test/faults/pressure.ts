/**
 * A process of its own that keeps asking, and measures each answer where no test's own work is in the way:
 * `node pressure.js URL PUBLISHERS EVENTS SECONDS`. With 0 events it asks GET /health/live. Prints a `Pressure`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PAUSE_MS = 10;

export interface Pressure {
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** 503 without a usable Retry-After. */
  readonly withoutRetryAfter: number;
  /** Of the answers 200, ascending. */
  readonly latenciesMs: readonly number[];
}

/** Puts a service under pressure, from another process. */
export async function pressure(
  url: string,
  { publishers, events, seconds }: { publishers: number; events: number; seconds: number },
): Promise<Pressure> {
  const args = [fileURLToPath(import.meta.url), url, publishers, events, seconds].map(String);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  await once(child, 'close');
  return JSON.parse(output) as Pressure;
}

/** Of ascending numbers, the one that `part` of them do not exceed. */
export function quantile(ascending: readonly number[], part: number): number {
  return ascending[Math.ceil(ascending.length * part) - 1] ?? Number.NaN;
}

async function press(url: string, publishers: number, size: number, seconds: number): Promise<Pressure> {
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  let withoutRetryAfter = 0;
  let made = 0;
  const body = () =>
    JSON.stringify(
      Array.from({ length: size }, () => ({
        topic: 'pressure',
        event_id: `${process.pid}-${++made}`,
        timestamp: '2026-01-31T12:00:00Z',
        source: 'pressure',
        payload: { text: 'x'.repeat(50) },
      })),
    );
  const headers = { 'content-type': 'application/json', prefer: 'return=minimal' };
  const end = performance.now() + seconds * 1_000;
  const work = async () => {
    while (performance.now() < end) {
      const init: RequestInit = size === 0 ? {} : { method: 'POST', headers, body: body() };
      const began = performance.now();
      const response = await fetch(url + (size === 0 ? '/health/live' : '/publish'), init);
      await response.arrayBuffer();
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      if (response.status === 200) latenciesMs.push(performance.now() - began);
      if (response.status === 503 && !(Number(response.headers.get('retry-after')) >= 1)) withoutRetryAfter++;
      if (size === 0 || response.status === 503) await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: publishers }, work));
  return { statuses, withoutRetryAfter, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, ...numbers] = process.argv.slice(2) as [string, ...string[]];
  const [publishers, events, seconds] = numbers.map(Number) as [number, number, number];
  console.log(JSON.stringify(await press(url, publishers, events, seconds)));
}
