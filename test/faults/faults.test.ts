import { FAULTS, type FaultName } from './faults.js';
import { summary } from './findings.js';
import { endAll } from './instance.js';
import { MUTANTS } from './mutants.js';
import { patchedBuild, removePatchedBuilds } from './patched-build.js';
import { run } from './run.js';
import { Trial } from './trial.js';
import { until } from '../harness/until.js';

afterAll(endAll);
afterAll(removePatchedBuilds);

describe('the service, under load', () => {
  it('keeps every promise while it is killed: at any time, at each point of a commit, and with a torn log', async () => {
    const faults: FaultName[] = [
      'kill',
      'torn-tail',
      'kill-before-write',
      'kill-in-transaction',
      'kill-before-commit',
      'kill-after-commit',
    ];
    const { findings, acknowledged, survived } = await run({
      cycles: faults.length,
      faults,
      publishers: 16,
      seed: 1,
    });
    expect(summary(findings)).toBe('');
    expect(survived).toBe(faults.length);
    expect(acknowledged).toBeGreaterThan(500);
  });
});

describe('the checker catches a service that', () => {
  it.each(Object.entries(MUTANTS))('%s', async (_, { edits, fault, environment = {}, caughtBy }) => {
    const trial = new Trial({ main: patchedBuild(edits), environment });
    try {
      for (let life = 1; ; life++) {
        await trial.start();
        const load = trial.load();
        if (fault) {
          await FAULTS[fault].strike(trial, load, () => 0.5);
          await load.finished;
          await trial.start();
        } else {
          await until(() => load.acknowledged > 500, 'events are acknowledged');
          await load.stop();
        }
        const kinds = new Set((await trial.findings()).map(({ kind }) => kind));
        // Whether a fault hits at the wrong moment is a matter of chance, but not three times in a row.
        if (kinds.size === 0 && life < 3) await trial.service.end('SIGKILL');
        else return expect(caughtBy.filter((kind) => !kinds.has(kind))).toEqual([]);
      }
    } finally {
      await trial.end();
    }
  });
});
