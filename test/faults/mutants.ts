import type { DriverFaults } from './driver-faults.js';
import type { FaultName } from './faults.js';
import type { Finding } from './findings.js';

/** A service that violates a guarantee, and the findings that the judge must report. */
export interface Mutant {
  readonly driver: DriverFaults;
  /** Fault that exposes the violation. Without one, load alone exposes it. */
  readonly fault?: FaultName;
  readonly caughtBy: readonly Finding['kind'][];
}

/**
 * Mutants of the SQLite driver and its statements. The unit tests of the judge (`judge.test.ts`) cover faults in the
 * logic of the service. Examples are a wrong outcome, a wrong seq, and a rejected request that is stored.
 */
export const MUTANTS: Record<string, Mutant> = {
  'does not fsync before a power cut': {
    driver: {
      rewrite: [
        ['synchronous = FULL', 'synchronous = OFF'],
        // Without a checkpoint, all events are in the WAL, whose tail is lost.
        ['wal_checkpoint\\(PASSIVE\\)', 'wal_checkpoint(NOOP)'],
      ],
    },
    fault: 'lying-disk',
    caughtBy: ['lost'],
  },
  'responds before the commit': {
    driver: { deferCommitsMs: 50 },
    fault: 'kill',
    caughtBy: ['lost'],
  },
  'has no unique index': {
    driver: {
      rewrite: [
        ['CREATE UNIQUE INDEX', 'CREATE INDEX'],
        ['ON CONFLICT \\(topic, event_id\\) DO NOTHING', ''],
      ],
    },
    caughtBy: ['doubled', 'stored twice', 'divergent', 'other seq'],
  },
  'keeps the last payload instead of the first': {
    driver: { rewrite: [['DO NOTHING', 'DO UPDATE SET payload = excluded.payload']] },
    caughtBy: ['divergent'],
  },
  'does not count duplicates': {
    driver: {
      rewrite: [
        ['received = received \\+ excluded.received', 'received = received + excluded.unique_processed'],
      ],
    },
    caughtBy: ['sums'],
  },
};
