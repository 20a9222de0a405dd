import { HAS_NATS } from '../../harness/nats.js';
import { HAS_POSTGRES } from '../../harness/postgres.js';
import { summary } from '../findings.js';
import type { ClusterFaultName } from './cluster-faults.js';
import { CLUSTER_MUTANTS, driverMutant } from './cluster-mutants.js';
import { runCluster } from './cluster-run.js';

const ifServers = HAS_POSTGRES && HAS_NATS ? describe : describe.skip;
if (!HAS_POSTGRES || !HAS_NATS)
  console.warn('NOT TESTED: faults of a cluster. No server responds at TEST_POSTGRES_URL or TEST_NATS_URL.');

/** The faults that no other test has. `npm run test:faults` applies all of them. */
const faults: readonly ClusterFaultName[] = [
  'kill',
  'pause',
  'lose-results',
  'partition',
  'crash-all',
  'kill-broker',
  'crash-both',
];
const SMALL = { replicas: 2, publishers: 4, seed: 1, hasBroker: false };

ifServers('three replicas and a broker', () => {
  it('violate no guarantee when they, the database and the broker are killed, paused and cut off', async () => {
    const result = await runCluster({
      ...SMALL,
      replicas: 3,
      hasBroker: true,
      faults,
      cycles: faults.length,
    });
    expect(summary(result.findings)).toBe('');
    expect(result.survived).toBe(faults.length);
  });
});

ifServers('the judge of a cluster', () => {
  it.each(Object.entries(CLUSTER_MUTANTS))(
    'reports a service that %s',
    async (_, { rewrite, driver, fault, caughtBy }) => {
      const environment = driver ? driverMutant(driver) : {};
      for (let attempt = 1; ; attempt++) {
        const options = { ...SMALL, environment, rewrite, faults: [fault], cycles: 2, seed: attempt };
        const { findings } = await runCluster(options);
        const kinds = new Set(findings.map(({ kind }) => kind));
        const missed = caughtBy.filter((kind) => !kinds.has(kind));
        // The violation depends on timing. One of three runs must show it.
        if (missed.length === 0 || attempt === 3) return expect(missed).toEqual([]);
      }
    },
  );
});
