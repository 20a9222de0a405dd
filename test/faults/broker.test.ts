import { anEvent, events } from '../harness/an-event.js';
import { HAS_NATS } from '../harness/nats.js';
import { NatsServer } from '../harness/nats-server.js';
import { createDatabase, dropDatabase, execute, HAS_POSTGRES } from '../harness/postgres.js';
import { PostgresProxy } from '../harness/postgres-proxy.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { ProblemDto } from '../../src/http/problem.dto.js';

const ifServers = HAS_NATS && HAS_POSTGRES ? describe : describe.skip;
if (!HAS_NATS || !HAS_POSTGRES)
  console.warn('NOT TESTED: faults of the broker. No server responds at TEST_NATS_URL or TEST_POSTGRES_URL.');

const ASYNC = { prefer: 'respond-async' };

/** A database behind a proxy, and a broker that the test may kill. */
async function servers(configuration = '') {
  const databaseUrl = await createDatabase();
  releaseAtEnd(() => dropDatabase(databaseUrl));
  const proxy = await PostgresProxy.start(databaseUrl);
  releaseAtEnd(() => proxy.stop());
  const broker = await NatsServer.create(configuration);
  const environment = { DATABASE_URL: proxy.url, QUEUE_URL: broker.url };
  return { databaseUrl, proxy, broker, environment };
}

const checks = async (service: Service) =>
  await service.get<{ status: string; info: Record<string, { status: string; reason?: string }> }>('/health');
const empty = (service: Service) =>
  until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
const isUp = (service: Service) =>
  until(async () => (await checks(service)).info['broker']!.status === 'up', 'the broker is up');

ifServers('a service whose broker is down', () => {
  it('starts, is degraded and ready, rejects only respond-async, and needs no restart when the broker is there', async () => {
    const { broker, environment } = await servers();
    const service = await Service.start(environment);
    expect(await checks(service)).toMatchObject({
      status: 'degraded',
      info: {
        database: { status: 'up' },
        queue: { status: 'up' },
        broker: { status: 'degraded', reason: expect.stringMatching(/NATS does not respond: .*QUEUE_URL/) },
      },
    });
    expect(await service.status('/health/ready')).toBe(200);
    const rejected = await service.publish(anEvent(), ASYNC);
    expect(rejected.status).toBe(503);
    expect(rejected.headers.get('retry-after')).toBe('1');
    expect(((await rejected.json()) as ProblemDto).type).toBe('urn:problem:queue-unavailable');
    expect((await service.publish(anEvent())).status).toBe(200);
    expect(await service.stats()).toMatchObject({ received: 1, queue_depth: 0 });

    await broker.start();
    await isUp(service);
    expect(await checks(service)).toMatchObject({ status: 'ok' });
    expect((await service.publish(events(3), ASYNC)).status).toBe(202);
    await empty(service);
    expect(await service.stats()).toMatchObject({ received: 4, unique_processed: 4 });

    // Stopped, not ended: the connection stays open.
    broker.signal('SIGSTOP');
    await until(async () => (await checks(service)).status === 'degraded', 'the service is degraded');
    expect((await service.publish(anEvent(), ASYNC)).status).toBe(503);
    expect((await service.publish(anEvent())).status).toBe(200);
    expect(await service.status('/health/ready')).toBe(200);
    broker.signal('SIGCONT');
    await isUp(service);
    await empty(service);
    const log = service.log.join('\n');
    expect(log).toContain('"broker down"');
    expect(log).toContain('"broker up"');
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('stops within its time, without the broker', async () => {
    const { broker, environment } = await servers();
    await broker.start();
    const service = await Service.start(environment);
    expect((await service.publish(anEvent(), ASYNC)).status).toBe(202);
    await broker.end('SIGKILL');
    expect((await service.publish(anEvent())).status).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('never logs the credentials of the broker, and uses them', async () => {
    const { broker, environment } = await servers('authorization { user: me, password: "s3cr:et" }');
    broker.spawn();
    const url = (password: string) => broker.url.replace('//', `//me:${password}@`);
    const refused = await Service.start({ ...environment, QUEUE_URL: url('wr0ng') });
    await until(
      async () => /Authorization/i.test((await checks(refused)).info['broker']!.reason!),
      'the broker has refused the password',
    );
    const service = await Service.start({ ...environment, QUEUE_URL: url('s3cr%3Aet'), LOG_LEVEL: 'trace' });
    await isUp(service);
    expect((await service.publish(anEvent(), ASYNC)).status).toBe(202);
    await empty(service);
    const health = JSON.stringify([await checks(refused), await checks(service)]);
    for (const secret of ['s3cr', 'wr0ng'])
      expect([...refused.log, ...service.log, health].join('\n')).not.toContain(secret);
    for (const each of [refused, service]) expect(await each.end('SIGTERM')).toBe(0);
  });
});

ifServers('events acknowledged with 202', () => {
  it('are stored once although the broker is killed before they are, and after', async () => {
    const { broker, proxy, environment } = await servers();
    await broker.start();
    const service = await Service.start(environment);
    proxy.pause();
    const first = events(20);
    for (const event of first) expect((await service.publish(event, ASYNC)).status).toBe(202);
    await broker.end('SIGKILL');
    await broker.start();
    proxy.resume();
    await isUp(service);
    await empty(service);
    expect(await service.stats()).toMatchObject({ received: 20, unique_processed: 20 });
    await broker.end('SIGKILL');
    await broker.start();
    await isUp(service);
    expect((await service.publish(anEvent(), ASYNC)).status).toBe(202);
    await empty(service);
    expect(await service.stats()).toMatchObject({ received: 21, unique_processed: 21, duplicate_dropped: 0 });
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('are stored once although the database fails, the service is killed, and the broker is killed', async () => {
    const { broker, proxy, environment } = await servers();
    await broker.start();
    const service = await Service.start(environment);
    proxy.pause();
    const accepted = events(50);
    expect((await service.publish(accepted.slice(0, 25), ASYNC)).status).toBe(202);
    for (const event of accepted.slice(25)) expect((await service.publish(event, ASYNC)).status).toBe(202);
    expect((await service.publish(anEvent())).status).toBe(503);
    await service.end('SIGKILL');
    await broker.end('SIGKILL');
    proxy.resume();
    // The database is there before the broker.
    const successor = await Service.start(environment);
    expect(await successor.stats()).toMatchObject({ received: 0 });
    await broker.start();
    await until(async () => (await successor.stats()).received === 50, 'the events are stored');
    await empty(successor);
    expect(await successor.stats()).toMatchObject({
      received: 50,
      unique_processed: 50,
      duplicate_dropped: 0,
    });
    const stored = (await successor.everything()).map(({ event_id }) => event_id);
    expect(new Set(stored)).toEqual(new Set(accepted.map(({ event_id }) => event_id)));
    expect(await successor.end('SIGTERM')).toBe(0);
  });

  it('are counted once although the acknowledgement of a commit is lost and comes back after hours', async () => {
    const { databaseUrl, broker, environment } = await servers();
    await broker.start();
    const service = await Service.start(environment);
    await execute(
      databaseUrl,
      `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_sleep(2);
      RETURN NEW;
    END $$`,
    );
    await execute(
      databaseUrl,
      `CREATE TRIGGER wait BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION wait()`,
    );
    expect((await service.publish(events(5), ASYNC)).status).toBe(202);
    // The commit is in progress. Its acknowledgement reaches no broker.
    await until(
      async () =>
        (await execute(databaseUrl, `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).length >
        0,
      'the commit is in progress',
    );
    await broker.end('SIGKILL');
    await until(async () => (await service.stats()).received === 5, 'the commit has ended');
    await service.end('SIGKILL');
    await execute(databaseUrl, 'DROP TRIGGER wait ON receipts');
    await execute(
      databaseUrl,
      `UPDATE log_head SET last_processed_at = to_char(clock_timestamp() AT TIME ZONE 'UTC'
      + interval '5 hours', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    );
    // Other commits go on while the broker is down, so receipts are deleted.
    const successor = await Service.start(environment);
    expect((await successor.publish(anEvent())).status).toBe(200);
    await broker.start();
    await isUp(successor);
    await empty(successor);
    expect(await successor.stats()).toMatchObject({ received: 6, unique_processed: 6, duplicate_dropped: 0 });
    expect(await successor.end('SIGTERM')).toBe(0);
  });
});
