import { anEvent, events } from '../harness/an-event.js';
import { deleteStreams, HAS_NATS, NATS_URL, withNats } from '../harness/nats.js';
import { createDatabase, dropDatabase, execute, HAS_POSTGRES } from '../harness/postgres.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';
import { jetstream } from '@nats-io/jetstream';

const ifServers = HAS_NATS && HAS_POSTGRES ? describe : describe.skip;
if (!HAS_NATS || !HAS_POSTGRES)
  console.warn(
    'NOT TESTED: respond-async with a broker. No server responds at TEST_NATS_URL or TEST_POSTGRES_URL.',
  );

const ASYNC = { prefer: 'respond-async' };

/** Starts the service on a database of its own. Returns the name of its stream too. */
async function start(environment: Record<string, string> = {}) {
  const url = await createDatabase();
  releaseAtEnd(() => dropDatabase(url));
  const service = await Service.start({ DATABASE_URL: url, QUEUE_URL: NATS_URL, ...environment });
  const [{ store_id }] = (await execute(url, 'SELECT store_id FROM log_head')) as [{ store_id: string }];
  releaseAtEnd(async () => {
    await service.end('SIGTERM');
    await deleteStreams(store_id);
  });
  return { service, url, stream: `events-${store_id}` };
}

const empty = (service: Service) =>
  until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');

ifServers('POST /publish with Prefer: respond-async and a broker', () => {
  it('responds with 202 to one event and to many, which are stored afterwards', async () => {
    const { service } = await start();
    const response = await service.publish(
      anEvent({ event_id: 'one', payload: { text: '\u0000"ä' } }),
      ASYNC,
    );
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    expect(await response.json()).toMatchObject({ outcome: 'queued', event_id: 'one' });
    expect((await service.publish(events(10), ASYNC)).status).toBe(202);
    await empty(service);
    expect(await service.stats()).toMatchObject({ received: 11, unique_processed: 11 });
    expect(await service.get('/events/orders/one')).toMatchObject({ payload: { text: '\u0000"ä' } });
  });

  it('responds with 200 and without Preference-Applied to a batch larger than a message', async () => {
    const { service } = await start();
    const batch = events(20, { payload: { text: 'x'.repeat(100_000) } });
    const response = await service.publish(batch, ASYNC);
    expect(response.status).toBe(200);
    expect(response.headers.get('preference-applied')).toBeNull();
    const body = (await response.json()) as PublishedBatch;
    expect(body).toMatchObject({ received: 20, stored: 20 });
    expect(body.results).toBeUndefined();
    expect(await service.stats()).toMatchObject({ received: 20, queue_depth: 0 });
  });

  it('responds with 503 and Retry-After while the stream is full, and stores the events of other publishers', async () => {
    const { service, url } = await start({ QUEUE_CAPACITY: '20' });
    await execute(url, 'ALTER TABLE receipts RENAME TO away');
    expect((await service.publish(events(20), ASYNC)).status).toBe(202);
    const rejected = await service.publish(anEvent(), ASYNC);
    expect(rejected.status).toBe(503);
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect(await rejected.json()).toMatchObject({ type: 'urn:problem:queue-full' });
    expect((await service.stats()).queue_depth).toBe(20);
    expect(await service.status('/health/ready')).toBe(200);
    await execute(url, 'ALTER TABLE away RENAME TO receipts');
    expect((await service.publish(events(2))).status).toBe(200);
    await empty(service);
    expect(await service.stats()).toMatchObject({ received: 22, unique_processed: 22 });
  });

  it('counts a message once that is in the stream several times', async () => {
    const { service, url, stream } = await start();
    await execute(url, 'ALTER TABLE receipts RENAME TO away');
    expect((await service.publish(events(3), ASYNC)).status).toBe(202);
    await withNats(NATS_URL, async (manager, connection) => {
      const message = await manager.streams.getMessage(stream, { seq: 1 });
      for (let copy = 0; copy < 5; copy++)
        await jetstream(connection).publish(message!.subject, message!.data);
      await execute(url, 'ALTER TABLE away RENAME TO receipts');
      await until(async () => (await service.stats()).received > 0, 'the events are stored');
      await jetstream(connection).publish(message!.subject, message!.data);
      await until(
        async () => (await manager.streams.info(stream)).state.messages === 0,
        'every copy is acknowledged',
      );
    });
    expect(await service.stats()).toMatchObject({ received: 3, unique_processed: 3, duplicate_dropped: 0 });
  });

  it('sets an event aside that the store cannot hold, and logs its key', async () => {
    const { service, url, stream } = await start();
    await execute(url, `ALTER TABLE processed_events ADD CHECK (event_id <> 'poison')`);
    for (const event_id of ['a', 'poison', 'b'])
      expect((await service.publish(anEvent({ event_id }), ASYNC)).status).toBe(202);
    await empty(service);
    expect((await service.everything()).map(({ event_id }) => event_id).toSorted()).toEqual(['a', 'b']);
    const info = await withNats(NATS_URL, (manager) => manager.streams.info(`${stream}-dead`));
    expect(info.state.messages).toBe(1);
    await until(() => service.log.some((line) => line.includes('"message set aside"')), 'it is logged');
    const line = service.log.find((text) => text.includes('"message set aside"'))!;
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      dead_seq: 1,
      keys: [{ topic: 'orders', event_id: 'poison' }],
    });
  });
});
