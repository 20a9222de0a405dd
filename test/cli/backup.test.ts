import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anEvent, events } from '../harness/an-event.js';
import { aDirectory } from '../harness/database.js';
import { runProgram, startProgram } from '../harness/program.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { RepeatingLoad } from './repeating-load.js';

const EVENTS_BEFORE = 10_000;
/** Makes the copy take longer than the time in which the test notices that it has begun. */
const LARGE_EVENTS = 120;

const on = (database: string) => ({ env: { DATABASE_URL: `sqlite:${database}` } });

describe('backup and restore', () => {
  it('keep every event acknowledged before the backup, under load, and the service goes on', async () => {
    const service = await Service.start();
    const load = new RepeatingLoad(service);
    await until(() => load.acknowledged.length >= EVENTS_BEFORE, 'enough events are acknowledged');
    const before = [...load.acknowledged];
    const file = join(aDirectory(), 'backup.db');
    const backup = await runProgram(['backup', file], on(service.database));
    const verified = await runProgram(['verify'], on(service.database));
    const after = load.acknowledged.length;
    await until(() => load.acknowledged.length > after, 'publishing continues after the backup');
    await load.stop();
    expect(backup).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${file} is a verified backup: `),
    });
    expect(verified).toMatchObject({ code: 0, output: expect.stringContaining(' is valid: ') });
    expect(readdirSync(dirname(file))).toEqual(['backup.db']);

    const database = join(aDirectory(), 'new', 'events.db');
    expect(await runProgram(['restore', file], on(database))).toMatchObject({ code: 0 });
    const restored = await Service.start({}, database);
    const found = await restored.everything();
    const keys = new Set(found.map(({ seq, event_id }) => `${seq} ${event_id}`));
    expect(before.filter((key) => !keys.has(key))).toEqual([]);
    expect(found.map(({ seq }) => seq)).toEqual(found.map((_, index) => index + 1));
    const stats = await restored.stats();
    expect(stats).toMatchObject({ unique_processed: found.length, conflicts: 0 });
    expect(stats.duplicate_dropped).toBeGreaterThan(0);

    const { seq, processed_at: _, ...resent } = found.at(-1)!;
    expect(await (await restored.publish(resent)).json()).toMatchObject({ outcome: 'duplicate', seq });
    expect(await (await restored.publish(anEvent())).json()).toMatchObject({
      outcome: 'stored',
      seq: found.length + 1,
    });
  });
});

describe('backup', () => {
  it('leaves no FILE when it is killed, and no temporary file after a signal that it handles', async () => {
    const service = await Service.start();
    const payload = { text: 'x'.repeat(900_000) };
    for (let sent = 0; sent < LARGE_EVENTS; sent += 10) await service.publish(events(10, { payload }));
    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGKILL', null],
    ] as const) {
      const folder = aDirectory();
      const { process: child, result } = startProgram(['backup', join(folder, 'b.db')], on(service.database));
      await until(() => readdirSync(folder).length > 0, 'the copy has begun');
      child.kill(signal);
      expect((await result).code).toBe(expected);
      expect(existsSync(join(folder, 'b.db'))).toBe(false);
      if (signal !== 'SIGKILL') expect(readdirSync(folder)).toEqual([]);
    }
    expect((await service.publish(anEvent())).status).toBe(200);
  });

  it.each([
    [['backup', 'b.db'], 'sqlite:none.db', 1, 'There is no database at none.db.'],
    [['backup', 'b.db'], 'postgres://u:secret@127.0.0.1/x', 2, 'Back it up with pg_dump'],
    [['restore', 'b.db'], 'postgres://u:secret@127.0.0.1/x', 2, 'Restore it with pg_restore'],
  ])('and restore fail for %j of %s with %d', async (args, DATABASE_URL, code, message) => {
    const cwd = aDirectory();
    const result = await runProgram(args, { cwd, env: { DATABASE_URL } });
    expect(result).toMatchObject({ code, output: '', errors: expect.stringContaining(message) });
    expect(result.errors).not.toContain('secret');
    expect(readdirSync(cwd)).toEqual([]);
  });
});
