import { anEvent } from '../harness/an-event.js';
import { execute, HAS_POSTGRES } from '../harness/postgres.js';
import { PostgresServer } from '../harness/postgres-server.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import type { Attempt } from './history.js';
import { judge } from './judge.js';
import { Load } from './load.js';
import { readBack, readPostgres } from './readback.js';
import { Workload } from './workload.js';

const withPostgres = HAS_POSTGRES ? describe : describe.skip;
if (!HAS_POSTGRES) console.warn('NOT TESTED: failover. No server responds at TEST_POSTGRES_URL.');

/** Makes commits wait for a standby. */
async function requireStandby({ url }: PostgresServer): Promise<void> {
  await execute(url, `ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'`);
  await execute(url, 'SELECT pg_reload_conf()');
}

/** A primary with a synchronous standby, and a service that knows both hosts, the standby first. */
async function start() {
  const primary = await PostgresServer.start();
  const standby = await primary.standby();
  await requireStandby(primary);
  const DATABASE_URL = `postgres://postgres@127.0.0.1:${standby.port},127.0.0.1:${primary.port}/postgres`;
  return { primary, standby, service: await Service.start({ DATABASE_URL }) };
}

withPostgres('a service with two hosts', () => {
  it('uses the primary, and continues on the standby after a failover without a loss', async () => {
    const { primary, standby, service } = await start();
    const history: Attempt[] = [];
    const load = new Load(service.url, new Workload(1), history, 8);
    const progress = async () => {
      const before = load.acknowledged;
      await until(() => load.acknowledged > before + 200, 'publishers receive verdicts');
    };
    await progress();
    await primary.stop('immediate');
    await until(async () => (await service.status('/health/ready')) === 503, 'the service is not ready');
    expect((await service.publish(anEvent())).status).toBe(503);
    await standby.promote();
    await progress();
    await load.stop();
    await until(async () => (await service.status('/health/ready')) === 200, 'the service is ready');
    for (const { result } of history) if (result.kind === 'queued') result.due = true;
    const readback = await readBack(service, () => readPostgres(standby.url));
    expect(judge(history, readback)).toEqual([]);
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('acknowledges nothing that the synchronous standby does not have', async () => {
    const { primary, standby, service } = await start();
    await standby.stop('fast');
    let isDone = false;
    const published = service.publish(anEvent()).finally(() => (isDone = true));
    await until(
      async () =>
        (await execute(primary.url, `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)).length >
        0,
      'the commit waits for the standby',
    );
    expect(isDone).toBe(false);
    await standby.restart();
    const response = await published;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ outcome: 'stored', seq: 1 });
    expect(await service.end('SIGTERM')).toBe(0);
  });
});
