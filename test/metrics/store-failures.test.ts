import { Client } from 'pg';
import { events } from '../harness/an-event.js';
import { HAS_POSTGRES } from '../harness/postgres.js';
import { PostgresFixture } from '../harness/postgres-fixture.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

import { Sqlite } from '../../src/store/sqlite/driver.js';
import { outcomesOf, scrape } from './scrape.js';

const OF_THE_PROCESS = ['process_resident_memory_bytes', 'process_cpu_seconds_total'];

describe('GET /metrics while the store fails', () => {
  it('reports a full queue, and that the service is not ready until the queue is empty', async () => {
    const service = await Service.start({ QUEUE_CAPACITY: '100' });
    const other = new Sqlite(service.database);
    other.exec('BEGIN IMMEDIATE');
    expect((await service.publish(events(100), { prefer: 'respond-async' })).status).toBe(202);
    for (let count = 0; count < 3; count++) expect((await service.publish(events(1))).status).toBe(503);

    const full = await scrape(service);
    const value = (name: string) => full.get(`aggregator_${name}`);
    expect([value('ready'), value('queue_events'), value('queue_capacity_events')]).toEqual([0, 100, 100]);
    expect(value('requests_rejected_total{code="503",reason="urn:problem:queue-full"}')).toBe(3);
    expect(value('requests_total{method="POST",route="/publish",code="202"}')).toBe(1);
    expect(value('requests_total{method="POST",route="/publish",code="503"}')).toBe(3);
    // A 202 is no acknowledgement, and nothing is committed.
    expect(full.has('aggregator_ack_duration_seconds_count{format="json"}')).toBe(false);
    expect(value('commit_duration_seconds_count')).toBe(0);
    expect(await outcomesOf(service)).toEqual([0, 0, 0]);

    other.close();
    await until(async () => (await scrape(service)).get('aggregator_ready') === 1, 'it is ready');
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    expect(await outcomesOf(service)).toEqual([100, 0, 0]);
  });

  (HAS_POSTGRES ? it : it.skip)('responds although PostgreSQL does not', async () => {
    const fixture = await PostgresFixture.create();
    releaseAtEnd(() => fixture.destroy());
    const [one, two] = await Promise.all([
      Service.start({ DATABASE_URL: fixture.url }),
      Service.start({ DATABASE_URL: fixture.url }),
    ]);
    const [event, other] = events(2);
    await one.publish([event, event, other]);
    await two.publish({ ...event, payload: { other: true } });
    for (const replica of [one, two]) {
      expect(await outcomesOf(replica)).toEqual([2, 1, 1]);
      expect(await replica.stats()).toMatchObject({ received: 4, unique_processed: 2, conflicts: 1 });
    }

    // Reads wait for the lock, until the server ends them after 10 s.
    const locking = new Client(fixture.url);
    await locking.connect();
    await locking.query('BEGIN; LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE');
    await until(async () => (await one.status('/health/ready')) === 503, 'it is not ready');
    const stats = one.status('/stats');
    const first = await Promise.race([scrape(one), stats]);
    await locking.query('ROLLBACK');
    await locking.end();
    if (typeof first === 'number') throw new Error(`/stats responded before /metrics: ${first}`);
    expect(first.get('aggregator_ready')).toBe(0);
    expect(OF_THE_PROCESS.filter((name) => !(first.get(name)! > 0))).toEqual([]);
    expect([...first.keys()].filter((name) => name.startsWith('aggregator_events_total'))).toEqual([]);
    expect(await stats).toBe(200);
    expect(await outcomesOf(one)).toEqual([2, 1, 1]);
    await until(async () => (await scrape(one)).get('aggregator_ready') === 1, 'it is ready');
  });
});
