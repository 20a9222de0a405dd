import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { StoreWatch } from '../../src/health/store-watch.js';
import type { Store, StoreCheck } from '../../src/store/store.js';

const lines: string[] = [];
const record =
  (level: string) =>
  ({ msg }: { msg: string }) =>
    void lines.push(`${level}: ${msg}`);

const figures = { bytes: 1 };
const UP: StoreCheck = { name: 'wal', status: 'up', figures };
const DEGRADED: StoreCheck = { name: 'wal', status: 'degraded', figures, reason: 'large' };
const DOWN: StoreCheck = { name: 'wal', status: 'down', figures, reason: 'larger' };

let check = UP;
const watch = new StoreWatch({ checks: async () => [check] } as Partial<Store> as Store);

/** Sets the result of the check for this time. Returns the lines that are logged meanwhile. */
async function during(result: StoreCheck, seconds: number): Promise<string[]> {
  check = result;
  lines.length = 0;
  await jest.advanceTimersByTimeAsync(seconds * 1_000);
  return [...lines];
}

beforeAll(() => {
  jest.useFakeTimers();
  Logger.overrideLogger({ log: record('info'), warn: record('warn'), error: record('error') });
  watch.onApplicationBootstrap();
});

afterAll(() => {
  watch.onModuleDestroy();
  jest.useRealTimers();
});

describe('StoreWatch', () => {
  it('logs nothing while a check is up', async () => {
    expect(await during(UP, 300)).toEqual([]);
  });

  it('warns within a second when a check is no longer up, and then once a minute', async () => {
    expect(await during(DEGRADED, 1)).toEqual(['warn: store check degraded']);
    expect(await during(DEGRADED, 59)).toEqual([]);
    expect(await during(DEGRADED, 1)).toEqual(['warn: store check degraded']);
    expect(await during(DOWN, 120)).toEqual(['warn: store check down', 'warn: store check down']);
  });

  it('logs the recovery once', async () => {
    expect(await during(UP, 300)).toEqual(['info: store check recovered']);
  });

  it('warns at most once a minute about a check that fails and recovers repeatedly', async () => {
    expect(await during(DEGRADED, 1)).toEqual(['warn: store check degraded']);
    expect(await during(UP, 1)).toEqual(['info: store check recovered']);
    for (let second = 2; second < 60; second += 2) {
      expect(await during(DEGRADED, 1)).toEqual([]);
      expect(await during(UP, 1)).toEqual([]);
    }
    expect(await during(DEGRADED, 1)).toEqual(['warn: store check degraded']);
  });
});
