import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bearer, hashOf, KeyFile } from '../auth/key-file.js';
import { RepeatingLoad } from '../cli/repeating-load.js';
import { anEvent, events } from '../harness/an-event.js';
import { PROJECT } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';
import { createDatabase, dropDatabase, HAS_POSTGRES } from '../harness/postgres.js';
import { runProgram } from '../harness/program.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { scrape, type Series } from '../metrics/scrape.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const HAS_PROMTOOL = !spawnSync('promtool', ['--version']).error;
const isPossible = HAS_PROMTOOL && HAS_POSTGRES;
if (!isPossible && process.env['CI']) throw new Error('promtool or PostgreSQL is missing.');
if (!isPossible) console.warn('NOT TESTED: the day of an operator. It requires promtool and PostgreSQL.');

const CAPACITY = 1_000;

/** Returns whether the alert fires if Prometheus scrapes these values for ten minutes. */
function fires(alert: string, series: Series): boolean {
  const input = [...series]
    .filter(([name]) => name.startsWith('aggregator_queue'))
    .map(([name, value]) => ({ series: `${name}{instance="a"}`, values: `${value}x10` }));
  const file = join(aDirectory(), 'test.yml');
  const test = {
    rule_files: [`${PROJECT}deploy/alerts.yml`],
    tests: [
      {
        interval: '1m',
        input_series: input,
        alert_rule_test: [{ eval_time: '10m', alertname: alert, exp_alerts: [] }],
      },
    ],
  };
  writeFileSync(file, JSON.stringify(test));
  const { status, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
  return status !== 0 && stderr.includes(`alertname="${alert}"`);
}

(isPossible ? describe : describe.skip)('The day of an operator', () => {
  it('passes without a lost event: alert, backup, rotation of a key, restore, move', async () => {
    const keys = new KeyFile({ name: 'shop', scopes: ['publish'] }, { name: 'admin', scopes: ['admin'] });
    const service = await Service.start({ API_KEYS_FILE: keys.path, QUEUE_CAPACITY: String(CAPACITY) });
    const admin = bearer('admin');
    const env = { DATABASE_URL: `sqlite:${service.database}`, AGGREGATOR_API_KEY: 'admin' };

    // Another program holds the lock of the database, and the queue fills.
    const other = new Sqlite(service.database);
    other.exec('BEGIN IMMEDIATE');
    expect(fires('QueueFilling', await scrape(service, admin))).toBe(false);
    const queued = events(CAPACITY * 0.9);
    const async = { ...bearer('shop'), prefer: 'respond-async' };
    expect((await service.publish(queued, async)).status).toBe(202);
    expect(fires('QueueFilling', await scrape(service, admin))).toBe(true);
    other.exec('ROLLBACK');
    other.close();
    await until(
      async () => (await scrape(service, admin)).get('aggregator_queue_events') === 0,
      'the queue is empty',
    );

    // A backup under load with 20 % duplicates, while the API key of the publisher is rotated.
    let apiKey = 'shop';
    const load = new RepeatingLoad({ publish: (body) => service.publish(body, bearer(apiKey)) });
    await until(() => load.acknowledged.length > 1_000, 'events are acknowledged');
    const before = [...load.acknowledged];
    keys.write(
      { name: 'shop', scopes: ['publish'] },
      { name: 'shop', scopes: ['publish'], sha256: hashOf('shop-2') },
      { name: 'admin', scopes: ['admin'] },
    );
    await until(
      async () => (await service.publish(anEvent(), bearer('shop-2'))).status === 200,
      'the new API key is known',
    );
    apiKey = 'shop-2';
    const file = join(aDirectory(), 'backup.db');
    expect(await runProgram(['backup', file], { env })).toMatchObject({ code: 0 });
    const after = load.acknowledged.length;
    await until(() => load.acknowledged.length > after, 'publishing continues');
    await load.stop();

    // The backup is restored elsewhere, verified, and moved to PostgreSQL.
    const database = join(aDirectory(), 'events.db');
    const elsewhere = { ...env, DATABASE_URL: `sqlite:${database}` };
    expect(await runProgram(['restore', file], { env: elsewhere })).toMatchObject({ code: 0 });
    expect(await runProgram(['verify'], { env: elsewhere })).toMatchObject({ code: 0 });
    const restored = await Service.start({}, database);
    const found = new Set((await restored.everything()).map(({ seq, event_id }) => `${seq} ${event_id}`));
    expect(before.filter((key) => !found.has(key))).toEqual([]);

    const DATABASE_URL = await createDatabase();
    releaseAtEnd(() => dropDatabase(DATABASE_URL));
    const moved = await Service.start({ DATABASE_URL });
    const lines = join(aDirectory(), 'events.ndjson');
    expect(await runProgram(['export', '--url', restored.url, '--output', lines])).toMatchObject({ code: 0 });
    const { unique_processed } = await restored.stats();
    expect(await runProgram(['import', lines, '--url', moved.url])).toMatchObject({
      code: 0,
      output: `stored ${unique_processed}, duplicates 0, conflicts 0, rejected 0\n`,
    });
    expect(await runProgram(['verify'], { env: { DATABASE_URL } })).toMatchObject({ code: 0 });
    expect(await moved.stats()).toMatchObject({ unique_processed });
    expect((await moved.everything()).map(({ seq, event_id }) => `${seq} ${event_id}`)).toEqual(
      (await restored.everything()).map(({ seq, event_id }) => `${seq} ${event_id}`),
    );
  });
});
