import type { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { driverFaults } from './driver-faults.js';
import type { SentEvent } from './history.js';
import { Load, type RequestSource } from './load.js';
import { Trial } from './trial.js';
import { request } from './workload.js';

/** Minimum duration of a commit. Much longer than the rest of the work, even on a slow machine. */
const COMMIT_MS = 300;
const MIB = 1024 * 1024;

const slowCommits = driverFaults({ delayCommitsMs: COMMIT_MS });

/** Returns a source of requests with this number of new events each. */
function requestsOf(events: number, payloadBytes: number): RequestSource {
  const payload = { text: 'x'.repeat(payloadBytes) };
  let created = 0;
  return {
    next: () => {
      const source = `${events}-${++created}`;
      const event = (_: unknown, index: number): SentEvent => ({
        topic: 'load',
        event_id: `${source}-${index}`,
        timestamp: '2026-01-31T12:00:00Z',
        source,
        payload,
      });
      return request(Array.from({ length: events }, event));
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function timesToLive(service: Service, count: number): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    const began = performance.now();
    expect(await service.status('/health/live')).toBe(200);
    times.push(performance.now() - began);
  }
  return times;
}

describe('a full queue', () => {
  it('accepts or rejects without delay, while /health/live waits for no commit', async () => {
    const trial = new Trial({ environment: { QUEUE_CAPACITY: '200', ...slowCommits } });
    const service = await trial.start();
    const singles = new Load(service.url, requestsOf(1, 50), trial.history, 64);
    const batches = new Load(service.url, requestsOf(100, 50), trial.history, 8);
    const live = timesToLive(service, 50);
    for (const { latenciesMs } of [singles, batches])
      await until(() => (latenciesMs[200]?.length ?? 0) > 10, 'ten requests are accepted');
    await until(() => (batches.latenciesMs[503]?.length ?? 0) > 10, 'ten requests are rejected');
    const liveMs = median(await live);
    await Promise.all([singles.stop(), batches.stop()]);

    // Any other response, a 503 without Retry-After and a stored event of a rejected request are findings.
    expect(await trial.findings()).toEqual([]);
    expect(Object.keys(singles.latenciesMs).filter((status) => status !== '503')).toEqual(['200']);
    expect(Object.keys(batches.latenciesMs)).toEqual(['200', '503']);
    // All are measured at the same time, so that a busy machine delays them equally.
    const acceptedMs = median(singles.latenciesMs[200]!);
    expect(liveMs).toBeLessThan(acceptedMs / 2);
    expect(median(batches.latenciesMs[503]!)).toBeLessThan(acceptedMs / 2);
  });

  it('holds no memory for the requests it rejects', async () => {
    const trial = new Trial({ environment: { QUEUE_CAPACITY: '200', ...slowCommits } });
    const service = await trial.start();
    const source = requestsOf(100, 2_000);
    const requestBytes = source.next().body.length;
    const rejected = (load: Load) => (load.latenciesMs[503]?.length ?? 0) * requestBytes;
    let peak = 0;
    const untilRejected = async (load: Load, bytes: number) => {
      await until(() => {
        peak = Math.max(peak, service.residentBytes());
        return rejected(load) > bytes;
      }, `${bytes} bytes are rejected`);
    };
    const load = new Load(service.url, source, [], 8);
    await untilRejected(load, 100 * MIB);
    const before = peak;
    await untilRejected(load, 300 * MIB);
    await load.stop();
    expect(peak - before).toBeLessThan(100 * MIB);
  });
});

describe('a publisher of single events', () => {
  it('waits less than half as long as four concurrent publishers of 5000 events', async () => {
    const trial = new Trial({ environment: slowCommits });
    const { url } = await trial.start();
    const batches = new Load(url, requestsOf(5_000, 50), [], 4);
    const singles = new Load(url, requestsOf(1, 50), [], 1);
    await until(() => (batches.latenciesMs[200]?.length ?? 0) >= 12, 'twelve large requests are accepted');
    await Promise.all([singles.stop(), batches.stop()]);
    expect([Object.keys(singles.latenciesMs), Object.keys(batches.latenciesMs)]).toEqual([['200'], ['200']]);
    expect(median(singles.latenciesMs[200]!)).toBeLessThan(median(batches.latenciesMs[200]!) / 2);
  });
});
