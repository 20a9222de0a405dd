import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { ProblemDto } from '../../src/http/problem.dto.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const service = await Service.start({ QUEUE_CAPACITY: '100' });

async function msOf(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const status = async (path: string) => (await service.request(path)).status;

describe('a healthy service', () => {
  it('reports the status of its database, queue and disk, with depth, capacity and free bytes', async () => {
    expect(await service.get('/health')).toMatchObject({
      status: 'ok',
      details: {
        database: { status: 'up' },
        queue: { status: 'up', depth: 0, capacity: 100, draining: false },
        disk: { status: 'up', free_bytes: expect.any(Number), total_bytes: expect.any(Number) },
      },
    });
    expect(await service.get('/health/live')).toMatchObject({ status: 'ok' });
    expect(await service.get('/health/ready')).toMatchObject({ status: 'ok' });
  });

  it('ignores parameters, which probes add to bypass caches', async () => {
    for (const path of ['/health', '/health/live', '/health/ready']) {
      expect(await service.status(`${path}?t=1`)).toBe(200);
    }
  });

  it('describes itself at /', async () => {
    expect(await service.get('/')).toEqual({
      service: 'Pub-Sub Log Aggregator',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      status: 'running',
      docs: '/docs',
    });
  });
});

describe('a database locked by another process', () => {
  it('makes publishing return 503 after the busy timeout, loses no event, and needs no restart', async () => {
    const calmMs = await msOf(() => service.publish(anEvent()));
    const before = await service.stats();
    const other = new Sqlite(service.database);
    other.exec('BEGIN IMMEDIATE');

    // better-sqlite3 waits 5 s by default; the service configures 300 ms.
    const waiting = new Sqlite(service.database, { timeout: 300 });
    const busyMs = await msOf(() => expect(() => waiting.exec('BEGIN IMMEDIATE')).toThrow(/locked/));
    waiting.close();
    let response!: Response;
    const lockedMs = await msOf(async () => (response = await service.publish(anEvent())));
    expect(lockedMs).toBeLessThan(3 * busyMs + 50 * calmMs);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(((await response.json()) as ProblemDto).detail).toMatch(/again is safe/);

    const queued = events(10, { topic: 'queued' });
    expect((await service.publish(queued, { prefer: 'respond-async' })).status).toBe(202);
    await until(async () => (await status('/health/ready')) === 503, 'the service is not ready');
    const unhealthy = await service.request('/health');
    expect(unhealthy.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await unhealthy.json()).toMatchObject({ status: 503, error: { database: { status: 'down' } } });
    expect(await status('/health/live')).toBe(200);
    expect((await service.everything()).length).toBe(before.unique_processed);

    other.exec('ROLLBACK');
    other.close();
    await until(async () => (await status('/health/ready')) === 200, 'the service is ready');
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    expect(await service.stats()).toMatchObject({
      received: before.received + 10,
      unique_processed: before.unique_processed + 10,
    });
    expect((await service.publish(anEvent())).status).toBe(200);
  });

  it('fills the queue, so that publishing returns 503 with Retry-After and the service is not ready', async () => {
    const before = await service.stats();
    const other = new Sqlite(service.database);
    other.exec('BEGIN IMMEDIATE');

    expect((await service.publish(events(100), { prefer: 'respond-async' })).status).toBe(202);
    const rejected = await service.publish(events(1));
    expect(rejected.status).toBe(503);
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect(await rejected.json()).toMatchObject({ type: 'urn:problem:queue-full' });
    expect(await (await service.request('/health/ready')).json()).toMatchObject({
      error: { queue: { depth: 100 } },
    });

    other.exec('ROLLBACK');
    other.close();
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    expect(await service.stats()).toMatchObject({ received: before.received + 100 });
    expect((await service.publish(events(101))).status).toBe(413);
  });
});

describe('an event that only the store rejects', () => {
  it('does not affect the other submissions of its batch', async () => {
    const other = new Sqlite(service.database);
    other.exec(`CREATE TRIGGER poison BEFORE INSERT ON processed_events WHEN new.event_id = 'poison'
      BEGIN SELECT raise(ABORT, 'poisoned'); END`);
    // The lock makes the three requests wait, so that they share a batch.
    other.exec('BEGIN IMMEDIATE');
    const before = await service.stats();
    for (const event of [anEvent(), anEvent({ event_id: 'poison' }), anEvent()]) {
      expect((await service.publish(event, { prefer: 'respond-async' })).status).toBe(202);
    }
    other.exec('ROLLBACK');
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    expect(await service.stats()).toMatchObject({ received: before.received + 2 });

    const response = await service.publish([anEvent(), anEvent({ event_id: 'poison' })]);
    expect(response.status).toBe(500);
    expect(JSON.stringify(await response.json())).not.toMatch(/poisoned|SQL/);
    expect(await service.stats()).toMatchObject({ received: before.received + 2 });
    other.exec('DROP TRIGGER poison');
    other.close();
  });
});
