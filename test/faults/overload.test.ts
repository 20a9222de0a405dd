import { type Instance, endAll } from './instance.js';
import { pressure, quantile } from './pressure.js';
import { Trial } from './trial.js';

afterAll(endAll);

const SECONDS = 3;

/** Resident memory, sampled until the work is done. */
async function memoryDuring(service: Instance, work: Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(service.residentBytes()), 50);
  await work.finally(() => clearInterval(timer));
  return samples;
}

describe('more publishers than the queue has room for', () => {
  it('get 200 or 503 with Retry-After, while memory stays flat and /health/live answers within 100 ms', async () => {
    const trial = new Trial({ environment: { QUEUE_CAPACITY: '200' } });
    try {
      const service = await trial.start();
      const { url } = service;
      // Not measured: the code is compiled and the heap finds its size.
      await pressure(url, { publishers: 32, events: 10, seconds: 1 });

      const load = Promise.all([
        pressure(url, { publishers: 64, events: 1, seconds: SECONDS }),
        pressure(url, { publishers: 8, events: 100, seconds: SECONDS }),
        pressure(url, { publishers: 1, events: 0, seconds: SECONDS }),
      ]);
      const memory = await memoryDuring(service, load);
      const [singles, batches, live] = await load;

      for (const { statuses, withoutRetryAfter } of [singles, batches]) {
        expect(Object.keys(statuses).filter((status) => status !== '200' && status !== '503')).toEqual([]);
        expect(withoutRetryAfter).toBe(0);
        expect(statuses['200']).toBeGreaterThan(10);
      }
      expect(batches.statuses['503']).toBeGreaterThan(10);
      expect(Object.keys(live.statuses)).toEqual(['200']);
      expect(quantile(live.latenciesMs, 0.99)).toBeLessThan(100);
      // Nobody waits for long: who does not get in is told at once.
      expect(quantile(singles.latenciesMs, 1)).toBeLessThan(2_000);

      const half = memory.length >> 1;
      expect(Math.max(...memory.slice(half))).toBeLessThan(1.2 * Math.max(...memory.slice(0, half)));
    } finally {
      await trial.end();
    }
  });
});

describe('a publisher of single events, beside four who send batches of 5000', () => {
  it('waits less than half as long as they do', async () => {
    const trial = new Trial();
    try {
      const { url } = await trial.start();
      const [singles, batches] = await Promise.all([
        pressure(url, { publishers: 1, events: 1, seconds: SECONDS }),
        pressure(url, { publishers: 4, events: 5_000, seconds: SECONDS }),
      ]);
      expect(Object.keys({ ...singles.statuses, ...batches.statuses })).toEqual(['200']);
      expect(quantile(singles.latenciesMs, 0.5)).toBeLessThan(quantile(batches.latenciesMs, 0.5) / 2);
    } finally {
      await trial.end();
    }
  });
});
