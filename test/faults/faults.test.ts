import { until } from '../harness/until.js';
import { driverFaults } from './driver-faults.js';
import { FAULTS, type FaultName } from './faults.js';
import { summary } from './findings.js';
import { MUTANTS } from './mutants.js';
import { run } from './run.js';
import { Trial } from './trial.js';

describe('the service under load', () => {
  it.each([
    ['is killed three times', ['kill', 'kill', 'kill']],
    [
      'is killed at each point of a commit, and finds junk after the end of its WAL',
      ['torn-tail', 'kill-before-write', 'kill-in-transaction', 'kill-before-commit', 'kill-after-commit'],
    ],
    ['receives SIGTERM, twice', ['terminate', 'terminate']],
  ] as const satisfies [string, FaultName[]][])('violates no guarantee when it %s', async (_, faults) => {
    const { findings, acknowledged, survived } = await run({
      cycles: faults.length,
      faults,
      publishers: 16,
      seed: 1,
    });
    expect(summary(findings)).toBe('');
    expect(survived).toBe(faults.length);
    expect(acknowledged).toBeGreaterThan(100);
  });
});

describe('the judge', () => {
  it.each(Object.entries(MUTANTS))('reports a service that %s', async (_, { driver, fault, caughtBy }) => {
    const trial = new Trial({ environment: driverFaults(driver) });
    for (let attempt = 1; ; attempt++) {
      await trial.start();
      const load = trial.load();
      if (fault) {
        await FAULTS[fault].strike(trial, load, () => 0.5);
        await load.finished;
        await trial.start();
      } else {
        await until(() => load.acknowledged > 500, '500 events are acknowledged');
        await load.stop();
      }
      const kinds = new Set((await trial.findings()).map(({ kind }) => kind));
      await trial.service.end('SIGKILL');
      // The violation depends on timing. One of three runs must show it.
      if (kinds.size > 0 || attempt === 3)
        return expect(caughtBy.filter((kind) => !kinds.has(kind))).toEqual([]);
    }
  });
});
