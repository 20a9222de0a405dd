import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from '../stream/stream-client.js';

const EVENTS = 100_000;
const service = await Service.start();
const known = anEvent();

beforeAll(async () => {
  await service.publish(known);
  for (let count = 0; count < EVENTS; count += 10_000) {
    await service.publish(events(10_000, { topic: 'a.b.c', payload: {} }));
  }
});

/** A scan of all events that selects none. */
const SCAN = '/events?topic=x.*.y';

async function timeOf(path: string): Promise<number> {
  const started = performance.now();
  expect(await service.status(path)).toBe(200);
  return performance.now() - started;
}

/** Starts scans whose clients leave at once. */
async function abandonScans(count: number): Promise<void> {
  const clients = Array.from({ length: count }, () => new AbortController());
  const scans = clients.map(({ signal }) => service.request(SCAN, { signal }));
  // This response proves that the service has received the earlier requests.
  await service.status('/health/live');
  for (const client of clients) client.abort();
  await Promise.allSettled(scans);
}

describe('scans', () => {
  it('whose clients have left do not delay later scans', async () => {
    const calm = Math.max(await timeOf(SCAN), await timeOf(SCAN));
    for (let round = 0; round < 3; round++) await abandonScans(100);
    // 300 scans in turn would take 300 times as long.
    expect(await timeOf(SCAN)).toBeLessThan(30 * calm);
  });

  it('do not delay a look-up by key', async () => {
    const path = `/events/orders/${known.event_id}`;
    const scanMs = Math.max(await timeOf(SCAN), await timeOf(SCAN));
    const scans = Array.from({ length: 60 }, () => service.status(SCAN));
    const lookups: number[] = [];
    for (let count = 0; count < 20; count++) lookups.push(await timeOf(path));
    expect(new Set(await Promise.all(scans))).toEqual(new Set([200]));
    lookups.sort((a, b) => a - b);
    // In one line with the scans, a look-up would wait for tens of them.
    expect(lookups[10]!).toBeLessThan(5 * scanMs);
  });

  it('beyond 4 at a time and 100 that wait get 503 with Retry-After, and later ones are served', async () => {
    const responses = await Promise.all(Array.from({ length: 150 }, () => service.request(SCAN)));
    const rejected = responses.filter(({ status }) => status !== 200);
    expect(rejected.length).toBeGreaterThan(0);
    for (const response of rejected) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await response.json()).toMatchObject({ type: 'urn:problem:reading-full' });
    }
    await until(async () => (await service.status(SCAN)) === 200, 'a scan is served');
  });

  it('of streams and exports wait, while pages are rejected', async () => {
    const pages = Array.from({ length: 150 }, () => service.status(SCAN));
    const exports = Array.from({ length: 10 }, async () => {
      const response = await service.request(SCAN, {
        headers: { accept: 'application/x-ndjson' },
      });
      return [response.status, await response.text()];
    });
    const stream = await StreamClient.open(service, '?topic=*&after=0');
    expect(await Promise.all(exports)).toEqual(exports.map(() => [200, '']));
    await until(() => stream.ids.length === 1, 'the stream has its event');
    expect([stream.ids, stream.ended]).toEqual([[1], false]);
    stream.close();
    expect(await Promise.all(pages)).toContain(503);
  });

  it('of clients that have left are neither answered nor logged as errors', async () => {
    await abandonScans(50);
    expect(service.log.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  });
});
