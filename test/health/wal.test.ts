import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { anEvent } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { driverFaults } from '../faults/driver-faults.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const MIB = 1024 * 1024;
/** Fits into the limits of one event and one body. */
const EVENTS = 10;
const EVENT_BYTES = 900_000;
const BATCH_BYTES = EVENTS * EVENT_BYTES;

interface HealthBody {
  readonly status: string | number;
  readonly details: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Stores about 9 MB. */
async function fill(service: Service): Promise<void> {
  const payload = { text: 'x'.repeat(EVENT_BYTES) };
  const response = await service.publish(Array.from({ length: EVENTS }, () => anEvent({ payload })));
  expect(response.status).toBe(200);
}

async function health(service: Service): Promise<HealthBody> {
  return (await (await service.request('/health')).json()) as HealthBody;
}

/** Returns the lines of the log about the WAL, without the members that every line has. */
function linesOf(service: Service): Record<string, unknown>[] {
  return service.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ check }) => check === 'wal')
    .map(({ time: _time, context: _context, ...line }) => line);
}

/** Publishes until the status is reached, but at most the given number of batches. */
async function fillUntil(service: Service, status: string, batches: number): Promise<HealthBody> {
  for (let batch = 0; batch < batches; batch++) await fill(service);
  let found!: HealthBody;
  await until(async () => (found = await health(service)).status === status, `/health is ${status}`);
  return found;
}

const walBytes = (service: Service) => statSync(`${service.database}-wal`).size;

describe('a database file that cannot be written although its WAL can', () => {
  it('is reported in the log and in /health, until checkpoints succeed again', async () => {
    const service = await Service.start();
    // A file may not grow beyond its present size: the WAL is far below that, so commits succeed.
    const limitFileSize = (bytes: string) =>
      execFileSync('prlimit', ['--pid', String(service.process.pid), `--fsize=${bytes}:`]);
    const fileBytes = () => statSync(service.database).size;
    while (fileBytes() < 6 * BATCH_BYTES) await fill(service);
    expect((await health(service)).status).toBe('ok');
    expect(linesOf(service)).toEqual([]);

    limitFileSize(String(fileBytes()));
    const degraded = await fillUntil(service, 'degraded', 3);
    const wal = {
      bytes: expect.any(Number),
      last_checkpoint_at: expect.any(String),
      error: 'disk I/O error',
      reason: expect.stringContaining('Checkpoints fail'),
    };
    expect(degraded.details['wal']).toEqual({ ...wal, status: 'degraded' });
    expect(await service.status('/health/ready')).toBe(200);
    await until(() => linesOf(service).length > 0, 'the failure is logged');

    limitFileSize('unlimited');
    await until(async () => (await health(service)).status === 'ok', '/health is ok');
    await until(() => linesOf(service).length > 1, 'the recovery is logged');
    expect(linesOf(service)).toEqual([
      { level: 'warn', msg: 'store check degraded', check: 'wal', ...wal },
      {
        level: 'info',
        msg: 'store check recovered',
        check: 'wal',
        bytes: expect.any(Number),
        last_checkpoint_at: expect.any(String),
      },
    ]);
  });
});

describe('a read transaction of another program', () => {
  it('is reported when the WAL exceeds 64 MiB. The WAL file shrinks when it ends', async () => {
    const service = await Service.start();
    await fill(service);
    const other = new Sqlite(service.database, { readonly: true });
    other.exec('BEGIN');
    other.prepare('SELECT count(*) FROM processed_events').get();

    const degraded = await fillUntil(service, 'degraded', 9);
    expect(degraded.details['wal']).toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('read transaction'),
    });
    expect(degraded.details['wal']!['bytes']).toBeGreaterThan(64 * MIB);
    expect(degraded.details['wal']).not.toHaveProperty('error');
    await until(() => linesOf(service).length > 0, 'the growth is logged');
    const grown = walBytes(service);
    expect(grown).toBeGreaterThan(64 * MIB);

    other.close();
    await until(() => walBytes(service) < grown, 'the WAL file is truncated');
    expect(walBytes(service)).toBeLessThanOrEqual(64 * MIB);
    await until(() => linesOf(service).length > 1, 'the recovery is logged');
    expect(linesOf(service).map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'store check degraded'],
      ['info', 'store check recovered'],
    ]);
    expect((await health(service)).status).toBe('ok');
  });

  it('makes the service not ready when the WAL exceeds 512 MiB', async () => {
    const service = await Service.start(driverFaults({ walPagesAdded: 512 * 256 }));
    await until(async () => (await service.status('/health/ready')) === 503, 'the service is not ready');
    for (const path of ['/health', '/health/ready']) {
      const response = await service.request(path);
      expect(await response.json()).toMatchObject({
        status: 503,
        detail: 'Failed checks: wal.',
        error: { wal: { status: 'down', reason: expect.stringContaining('WAL') } },
      });
    }
    await until(() => linesOf(service).length > 0, 'it is logged');
    expect(linesOf(service)[0]).toMatchObject({ level: 'warn', msg: 'store check down' });
    expect((await service.publish(anEvent())).status).toBe(200);
  });
});
