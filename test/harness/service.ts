import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StatsResponse } from '../../src/stats/stats.dto.js';
import type { EventsPage } from '../../src/query/events.dto.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** What the tests of a file acquired, released after the last of them: newest first. */
const acquired: (() => Promise<unknown> | void)[] = [];
afterAll(async () => {
  for (const release of acquired.reverse()) await release();
});

/** A new database file, in a folder of its own that goes away after the test file. */
export function aDatabase(): string {
  const directory = mkdtempSync(join(tmpdir(), 'aggregator-'));
  acquired.push(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'events.db');
}

/** What a caller of the service sees. */
export class Client {
  constructor(readonly url: string) {}

  request(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** Publishes any JSON value. */
  publish(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.publishText(JSON.stringify(body), headers);
  }

  publishText(body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
    return this.request('/publish', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    });
  }

  async get<T>(path: string): Promise<T> {
    const response = await this.request(path);
    expect([path, response.status]).toEqual([path, 200]);
    return (await response.json()) as T;
  }

  stats(): Promise<StatsResponse> {
    return this.get('/stats');
  }

  /** Every stored event, by walking the pages in order of storing. */
  async everything(): Promise<EventsPage['events']> {
    const all: EventsPage['events'] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: EventsPage = await this.get(`/events?order=asc&limit=1000&after=${after}`);
      all.push(...page.events);
      after = page.next_cursor;
    }
    return all;
  }
}

/** The service as it ships: a process of its own, on a free port, ended with the test file. */
export class Service extends Client {
  private constructor(
    url: string,
    readonly process: ChildProcess,
    readonly database: string,
  ) {
    super(url);
  }

  static async start(environment: Record<string, string> = {}, database = aDatabase()): Promise<Service> {
    const child = spawnService(database, environment);
    let errors = '';
    child.stderr!.on('data', (text) => (errors += text));
    for await (const line of createInterface(child.stdout!)) {
      const { url } = JSON.parse(line) as { url?: string };
      if (!url) continue;
      child.stdout!.resume();
      return new Service(url, child, database);
    }
    if (child.exitCode === null) await once(child, 'exit');
    throw new Error(`The service ended before it was ready, with code ${child.exitCode}: ${errors}`);
  }

  /** Another one on the same database, after this one has ended. */
  restart(environment: Record<string, string> = {}): Promise<Service> {
    return Service.start(environment, this.database);
  }

  /** Resolves with the exit code, or null after a signal that could not be caught. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exit = once(this.process, 'exit') as Promise<[number | null]>;
    this.process.kill(signal);
    return (await exit)[0];
  }
}

/** Starts main.js and makes sure that it does not outlive the test file. */
export function spawnService(database: string, environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: { PORT: '0', HOST: '127.0.0.1', DATABASE_URL: `sqlite:${database}`, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  acquired.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

/** Runs `work` for each item, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
