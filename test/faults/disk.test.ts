import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ProblemDto } from '../../src/http/problem.dto.js';
import { aDirectory } from '../harness/database.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { SentEvent } from './history.js';
import { publish } from './publish.js';
import { Trial } from './trial.js';
import { Volume, isPossible } from './volume.js';
import { request } from './workload.js';

const PAGE_BYTES = 4096;
/** Has a line for each failed commit. */
const DEBUG = { LOG_LEVEL: 'debug' };

function skipUnless(possible: boolean, what: string): typeof it {
  if (!possible) console.warn(`SKIPPED: ${what} is not available. Run as root on Linux.`);
  return possible ? it : it.skip;
}

function withText(count: number, source: string, bytes = 2_000): SentEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    topic: 'large',
    event_id: `${source}-${index}`,
    timestamp: '2026-01-31T12:00:00Z',
    source,
    payload: { text: 'x'.repeat(bytes) },
  }));
}

/** Events per request that must fail. Every other failing batch is smaller. */
const REJECTED_EVENTS = 50;

/** Returns how many attempts to store a rejected request are logged. The log lags by a fraction of a second. */
function attemptsToStore({ log }: Service): number {
  return log
    .map((line) => JSON.parse(line) as { msg: string; events?: number })
    .filter(({ msg, events = 0 }) => msg === 'batch not stored' && events >= REJECTED_EVENTS).length;
}

/** Expects a 503 with Retry-After and a detail that recommends a retry. */
async function expectUnavailable(service: Service, events: readonly SentEvent[]): Promise<void> {
  const { body, headers } = request(events);
  const response = await service.request('/publish', { method: 'POST', headers, body });
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(((await response.json()) as ProblemDto).detail).toMatch(/again is safe/);
}

async function expectWritesFailButNothingElse(trial: Trial): Promise<void> {
  const { service } = trial;
  const source = `rejected-${trial.history.length}`;
  trial.history.push({ events: withText(REJECTED_EVENTS, source), result: { kind: 'unknown' } });
  await expectUnavailable(service, withText(REJECTED_EVENTS, source));
  await until(async () => (await service.status('/health/ready')) === 503, 'the service is not ready');
  expect(await service.status('/health/live')).toBe(200);
  expect(await service.status('/events?limit=1000')).toBe(200);
  expect(await service.status('/stats')).toBe(200);
}

/** Expects the same process to recover. Expects at most one attempt to store each rejected request. */
async function expectRecovery(trial: Trial, rejected: number): Promise<void> {
  await until(
    async () => (await trial.service.status('/health/ready')) === 200,
    'the service is ready again',
  );
  const load = trial.load();
  await until(() => load.acknowledged > 200, '200 events are acknowledged');
  await load.stop();
  trial.expectQueued();
  expect(await trial.findings()).toEqual([]);
  const outage = trial.service.log.flatMap(
    (line) => /"msg":"(store (?:failed|recovered))"/.exec(line)?.[1] ?? [],
  );
  expect([outage[0], outage.at(-1)]).toEqual(['store failed', 'store recovered']);
  // The service does not retry a batch whose publisher waits for the response.
  expect(attemptsToStore(trial.service)).toBeLessThanOrEqual(rejected);
}

describe('a full disk', () => {
  skipUnless(
    isPossible(() => Volume.inMemory('1m')),
    'mount',
  )('makes only publishing and readiness fail, and loses no event once space is freed', async () => {
    const volume = Volume.inMemory('4m');
    const trial = new Trial({ directory: volume.directory, environment: DEBUG });
    try {
      const { url } = await trial.start();
      for (let batch = 0, status: number | null = 200; status === 200; batch++)
        ({ status } = await publish(url, request(withText(20, `fill-${batch}`)), trial.history));
      await expectWritesFailButNothingElse(trial);
      const queued = request(withText(20, 'queued'), { prefer: 'respond-async' });
      expect((await publish(url, queued, trial.history)).result.kind).toBe('queued');
      // The queued events are retried meanwhile, and must be neither lost nor stored twice.
      await expectWritesFailButNothingElse(trial);
      volume.resize('64m');
      await expectRecovery(trial, 2);
    } finally {
      await trial.service.end('SIGKILL');
      volume.remove();
    }
  });
});

/** Makes files immutable, even for root. Returns a function that makes them writable again. */
function immutable(...files: string[]): () => void {
  execFileSync('chattr', ['+i', ...files], { stdio: 'pipe' });
  return () => void execFileSync('chattr', ['-i', ...files], { stdio: 'pipe' });
}

function canMakeImmutable(): boolean {
  const probe = join(aDirectory(), 'probe');
  try {
    closeSync(openSync(probe, 'w'));
    immutable(probe)();
    return true;
  } catch {
    return false;
  }
}

describe('a read-only database file', () => {
  const itIfPossible = skipUnless(canMakeImmutable(), 'chattr +i');

  itIfPossible(
    'makes only publishing and readiness fail, and loses no event once it is writable again',
    async () => {
      const trial = new Trial({ environment: DEBUG });
      const { url } = await trial.start();
      await publish(url, request(withText(20, 'before')), trial.history);
      const release = immutable(trial.database, trial.wal);
      try {
        await expectWritesFailButNothingElse(trial);
        const queued = request(withText(20, 'queued'), { prefer: 'respond-async' });
        expect((await publish(url, queued, trial.history)).result.kind).toBe('queued');
      } finally {
        release();
      }
      await expectRecovery(trial, 1);
    },
  );

  itIfPossible('prevents the start with an error that names the file, and is left unchanged', async () => {
    const trial = new Trial({ environment: DEBUG });
    await trial.start();
    await trial.service.end('SIGTERM');
    const before = readFileSync(trial.database);
    const release = immutable(trial.database);
    try {
      await expect(trial.start()).rejects.toThrow(
        `code 1: The database ${trial.database} cannot be opened: it is not writable`,
      );
    } finally {
      release();
    }
    expect(readFileSync(trial.database).equals(before)).toBe(true);
  });
});

describe('a corrupt database file', () => {
  const trial = new Trial({ environment: DEBUG });
  const junk = Buffer.alloc(PAGE_BYTES, 0xa5);

  beforeAll(async () => {
    const { url } = await trial.start();
    await publish(url, request(withText(1_000, 'stored', 1_000)), trial.history);
    await trial.service.end('SIGTERM');
  });

  /** Copies the database, overwrites a page or its beginning with junk, and returns the path of the copy. */
  function corrupted(page: number, bytes = PAGE_BYTES): string {
    const copy = join(trial.directory, `page-${page}.db`);
    copyFileSync(trial.database, copy);
    const file = openSync(copy, 'r+');
    writeSync(file, junk, 0, bytes, page * PAGE_BYTES);
    closeSync(file);
    return copy;
  }

  it.each([
    ['its header', 0, 100],
    ['the root page of a table', 1, PAGE_BYTES],
  ])('prevents the start if %s is damaged, and is left unchanged', async (_, page, bytes) => {
    const database = corrupted(page, bytes);
    const before = readFileSync(database);
    await expect(Service.start({}, database)).rejects.toThrow(
      `code 1: The database ${database} cannot be opened: `,
    );
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  it('with a damaged page of events fails only reads of that page, and is left unchanged', async () => {
    const database = corrupted(50);
    const service = await Service.start({}, database);
    expect(await service.status('/events?order=asc&limit=1000')).toBe(500);
    expect(await service.status('/events?order=asc&limit=100&after=900')).toBe(200);
    expect(await service.status('/health/live')).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
    const page = readFileSync(database).subarray(50 * PAGE_BYTES, 51 * PAGE_BYTES);
    expect(page.equals(junk)).toBe(true);
  });
});
