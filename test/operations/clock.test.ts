import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { anEvent, events } from '../harness/an-event.js';
import { codeOf, PROJECT } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';
import { Service } from '../harness/service.js';
import { runShell } from '../harness/shell.js';
import { until } from '../harness/until.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const A_YEAR_MS = 365 * 24 * 3_600_000;

describe('A database whose last event was stored while the clock was a year ahead', () => {
  it('is reported until the recipe has set processed_at back, and processed_at never decreases', async () => {
    const folder = aDirectory();
    mkdirSync(join(folder, 'data'));
    symlinkSync(join(PROJECT, 'dist'), join(folder, 'dist'));
    const path = join(folder, 'data/events.db');
    const first = await Service.start({}, path);
    await first.publish(events(2));
    expect((await first.get<{ status: string }>('/health')).status).toBe('ok');
    await first.end('SIGTERM');

    const ahead = new Date(Date.now() + A_YEAR_MS).toISOString();
    const database = new Sqlite(path);
    database.prepare('UPDATE processed_events SET processed_at = ? WHERE seq = 2').run(ahead);
    database.close();

    const second = await first.restart();
    expect(await second.get('/health')).toMatchObject({
      status: 'degraded',
      details: {
        clock: {
          status: 'degraded',
          system_time: expect.stringMatching(/^\d{4}-.*Z$/),
          last_processed_at: ahead,
          reason: expect.stringContaining('ahead of the system clock'),
        },
      },
    });
    expect(await second.status('/health/ready')).toBe(200);
    await second.publish(anEvent());
    expect((await second.everything()).map(({ processed_at }) => processed_at).slice(1)).toEqual([
      ahead,
      ahead,
    ]);
    await until(() => second.log.some((line) => line.includes('"check":"clock"')), 'it is logged');
    await second.end('SIGTERM');
    const warnings = second.log.map((line) => JSON.parse(line) as { check?: string; level: string });
    expect(warnings.filter(({ check }) => check !== undefined)).toMatchObject([
      { level: 'warn', msg: 'store check degraded', check: 'clock', last_processed_at: ahead },
    ]);

    const recipe = codeOf('docs/operations.md', 'set processed_at back');
    expect(await runShell(recipe, folder)).toBe('2 events changed\n');
    const third = await second.restart();
    expect((await third.get<{ status: string }>('/health')).status).toBe('ok');
    await third.publish(anEvent());
    const times = (await third.everything()).map(({ processed_at }) => processed_at);
    expect(times).toHaveLength(4);
    expect(times).toEqual(times.toSorted());
    expect(times.at(-1)! < ahead).toBe(true);
  });
});
