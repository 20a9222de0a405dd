import Sqlite from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULTS } from './faults.js';
import { endAll } from './instance.js';
import { checkpointsOften, IN_MIGRATION } from './kill-points.js';
import { patchedBuild, removePatchedBuilds } from './patched-build.js';
import { Trial } from './trial.js';
import { until } from '../harness/until.js';
import { isInCheckpoint } from './wal.js';

afterAll(endAll);
afterAll(removePatchedBuilds);

describe('kill -9 in the middle of a migration', () => {
  it('leaves nothing half done: the next start begins anew', async () => {
    const trial = new Trial();
    try {
      await expect(trial.start({ main: patchedBuild([IN_MIGRATION]) })).rejects.toThrow('with code null');
      const file = new Sqlite(trial.database, { readonly: true });
      expect(file.prepare('SELECT name FROM sqlite_master WHERE name LIKE ?').all('processed%')).toEqual([]);
      file.close();
      await trial.start();
      const load = trial.load();
      await until(() => load.acknowledged > 200, 'events are acknowledged');
      await load.stop();
      expect(await trial.findings()).toEqual([]);
    } finally {
      await trial.end();
    }
  });
});

describe('kill -9 in the middle of a checkpoint', () => {
  it('loses nothing', async () => {
    const trial = new Trial({ main: checkpointsOften() });
    try {
      // A checkpoint takes milliseconds, so the kill may come after it; what is left behind tells.
      for (let life = 1, hit = false; !hit && life <= 5; life++) {
        await trial.start();
        const load = trial.load();
        await FAULTS['kill-checkpoint'].strike(trial, load);
        await load.finished;
        hit = isInCheckpoint(trial.shm);
      }
      expect(isInCheckpoint(trial.shm)).toBe(true);
      await trial.start();
      expect(await trial.findings()).toEqual([]);
    } finally {
      await trial.end();
    }
  });
});

describe('SIGSTOP for two seconds under load, then SIGCONT', () => {
  it('keeps every publisher waiting, then answers them all', async () => {
    const trial = new Trial();
    try {
      const service = await trial.start();
      const load = trial.load();
      await until(() => load.acknowledged > 200, 'events are acknowledged');
      service.signal('SIGSTOP');
      await sleep(2_000);
      const before = load.acknowledged;
      service.signal('SIGCONT');
      await until(() => load.acknowledged > before + 500, 'it goes on');
      await load.stop();
      trial.expectQueued();
      expect(trial.history.filter(({ answer }) => answer.kind === 'unknown')).toEqual([]);
      expect(await trial.findings()).toEqual([]);
    } finally {
      await trial.end();
    }
  });
});
