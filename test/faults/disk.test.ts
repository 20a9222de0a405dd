import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ProblemDto } from '../../src/http/problem.dto.js';
import type { SentEvent } from './history.js';
import { Instance, endAll } from './instance.js';
import { publish } from './publish.js';
import { Trial } from './trial.js';
import { until } from '../harness/until.js';
import { Volume, isPossible } from './volume.js';
import { request } from './workload.js';

afterAll(endAll);

const PAGE_BYTES = 4096;

function skipUnless(possible: boolean, what: string): typeof it {
  if (!possible) console.warn(`SKIPPED, for want of ${what}: run as root on Linux.`);
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

/** The publisher who waits is told within a second, and told what to do. */
async function expectUnavailable(service: Instance, events: readonly SentEvent[]): Promise<void> {
  const { body, headers } = request(events);
  const started = performance.now();
  const response = await fetch(`${service.url}/publish`, { method: 'POST', headers, body });
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(((await response.json()) as ProblemDto).detail).toMatch(/again is safe/);
}

async function expectWritesFailButNothingElse(trial: Trial): Promise<void> {
  const { service } = trial;
  const source = `refused-${trial.history.length}`;
  trial.history.push({ events: withText(50, source), answer: { kind: 'unknown' } });
  await expectUnavailable(service, withText(50, source));
  await until(async () => (await service.status('/health/ready')) === 503, 'it is not ready');
  expect(await service.status('/health/live')).toBe(200);
  expect(await service.status('/events?limit=1000')).toBe(200);
  expect(await service.status('/stats')).toBe(200);
}

/** The cause is gone: the same process goes on, and stores what it answered 202. */
async function expectRecovery(trial: Trial): Promise<void> {
  await until(async () => (await trial.service.status('/health/ready')) === 200, 'it is ready again');
  const load = trial.load();
  await until(() => load.acknowledged > 200, 'events are acknowledged again');
  await load.stop();
  trial.expectQueued();
  expect(await trial.findings()).toEqual([]);
}

describe('a disk that is full', () => {
  skipUnless(
    isPossible(() => Volume.inMemory('1m')),
    'mount',
  )(
    'is told to publishers, hinders neither reads nor probes, and loses nothing; with room the service goes on',
    async () => {
      const volume = Volume.inMemory('4m');
      const trial = new Trial({ directory: volume.directory });
      try {
        const { url } = await trial.start();
        for (let batch = 0, status: number | null = 200; status === 200; batch++)
          ({ status } = await publish(url, request(withText(20, `fill-${batch}`)), trial.history));
        await expectWritesFailButNothingElse(trial);
        const queued = request(withText(20, 'queued'), { prefer: 'respond-async' });
        expect((await publish(url, queued, trial.history)).answer.kind).toBe('queued');
        // The queued ones are tried again and again, and must neither get lost nor be stored twice.
        await expectWritesFailButNothingElse(trial);
        volume.resize('64m');
        await expectRecovery(trial);
      } finally {
        await trial.end();
        volume.remove();
      }
    },
  );
});

/** Makes files unwritable even for root. */
function immutable(...files: string[]): () => void {
  execFileSync('chattr', ['+i', ...files], { stdio: 'pipe' });
  return () => void execFileSync('chattr', ['-i', ...files], { stdio: 'pipe' });
}

function canMakeImmutable(): boolean {
  const trial = new Trial();
  const probe = join(trial.directory, 'probe');
  try {
    closeSync(openSync(probe, 'w'));
    immutable(probe)();
    return true;
  } catch {
    return false;
  } finally {
    trial.remove();
  }
}

describe('a database file that cannot be written', () => {
  const itIfPossible = skipUnless(canMakeImmutable(), 'chattr +i');

  itIfPossible('while the service runs: the same as a full disk', async () => {
    const trial = new Trial();
    try {
      const { url } = await trial.start();
      await publish(url, request(withText(20, 'before')), trial.history);
      const release = immutable(trial.database, trial.wal);
      try {
        await expectWritesFailButNothingElse(trial);
        const queued = request(withText(20, 'queued'), { prefer: 'respond-async' });
        expect((await publish(url, queued, trial.history)).answer.kind).toBe('queued');
      } finally {
        release();
      }
      await expectRecovery(trial);
    } finally {
      await trial.end();
    }
  });

  itIfPossible('at the start: stops it, is named, and stays as it is', async () => {
    const trial = new Trial();
    try {
      await trial.start();
      await trial.service.end('SIGTERM');
      const before = readFileSync(trial.database);
      const release = immutable(trial.database);
      try {
        await expect(trial.start()).rejects.toThrow(
          `code 1: The database ${trial.database} cannot be opened: attempt to write a readonly database`,
        );
      } finally {
        release();
      }
      expect(readFileSync(trial.database).equals(before)).toBe(true);
    } finally {
      await trial.end();
    }
  });
});

describe('a corrupt database file', () => {
  const trial = new Trial();
  const junk = Buffer.alloc(PAGE_BYTES, 0xa5);
  afterAll(() => trial.end());

  beforeAll(async () => {
    const { url } = await trial.start();
    await publish(url, request(withText(1_000, 'stored', 1_000)), trial.history);
    await trial.service.end('SIGTERM');
  });

  /** A copy with junk in place of a page or a part of it. */
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
    ['the root of a table', 1, PAGE_BYTES],
  ])('in %s: stops the start, is named, and stays as it is', async (_, page, bytes) => {
    const database = corrupted(page, bytes);
    const before = readFileSync(database);
    await expect(Instance.start(database)).rejects.toThrow(
      `code 1: The database ${database} cannot be opened: `,
    );
    expect(readFileSync(database).equals(before)).toBe(true);
  });

  it('in a page of events: these are answered with an error, the others are served, and the page stays as it is', async () => {
    const database = corrupted(50);
    const service = await Instance.start(database);
    expect(await service.status('/events?order=asc&limit=1000')).toBe(500);
    expect(await service.status('/events?order=asc&limit=100&after=900')).toBe(200);
    expect(await service.status('/health/live')).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
    const page = readFileSync(database).subarray(50 * PAGE_BYTES, 51 * PAGE_BYTES);
    expect(page.equals(junk)).toBe(true);
  });
});
