import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../harness/until.js';
import { driverFaults } from './driver-faults.js';
import { FAULTS } from './faults.js';
import { Trial } from './trial.js';
import { isInCheckpoint } from './wal.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

describe('SIGKILL during a migration', () => {
  it('leaves no partial migration, and the next start repeats it', async () => {
    const trial = new Trial();
    const kill = { when: 'before', statement: 'CREATE INDEX', pass: 1 } as const;
    await expect(trial.start(driverFaults({ kill }))).rejects.toThrow('with code null');
    const file = new Sqlite(trial.database, { readonly: true });
    expect(file.prepare('SELECT name FROM sqlite_master WHERE name LIKE ?').all('processed%')).toEqual([]);
    file.close();
    await trial.start();
    const load = trial.load();
    await until(() => load.acknowledged > 200, '200 events are acknowledged');
    await load.stop();
    expect(await trial.findings()).toEqual([]);
  });
});

describe('SIGKILL during a checkpoint', () => {
  it('loses no acknowledged event', async () => {
    const trial = new Trial();
    const fault = FAULTS['kill-checkpoint'];
    await trial.start(fault.environment());
    const load = trial.load();
    await fault.strike(trial);
    await load.finished;
    expect(isInCheckpoint(trial.shm)).toBe(true);
    await trial.start();
    expect(await trial.findings()).toEqual([]);
  });
});

describe('SIGSTOP for two seconds under load', () => {
  it('delays requests but fails none', async () => {
    const trial = new Trial();
    const service = await trial.start();
    const load = trial.load();
    await until(() => load.acknowledged > 200, '200 events are acknowledged');
    service.process.kill('SIGSTOP');
    await sleep(2_000);
    const before = load.acknowledged;
    service.process.kill('SIGCONT');
    await until(() => load.acknowledged > before + 500, '500 more events are acknowledged');
    await load.stop();
    trial.expectQueued();
    expect(trial.history.filter(({ result }) => result.kind === 'unknown')).toEqual([]);
    expect(await trial.findings()).toEqual([]);
  });
});
