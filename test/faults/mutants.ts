import type { DriverFaults } from './driver-faults.js';
import type { FaultName } from './faults.js';
import type { Finding } from './findings.js';

/** A service that breaks a promise, and what the judge must find in it. */
export interface Mutant {
  readonly driver: DriverFaults;
  /** The fault that brings it to light; the others show under load alone. */
  readonly fault?: FaultName;
  readonly caughtBy: readonly Finding['kind'][];
}

/**
 * What can be broken below the service. Faults of its logic are the judge's own unit tests (`judge.test.ts`): wrong
 * outcome, wrong seq, a rejected request that is stored, and the rest.
 */
export const MUTANTS: Record<string, Mutant> = {
  'does not sync, and loses power': {
    driver: {
      rewrite: [
        ['synchronous = FULL', 'synchronous = OFF'],
        // No checkpoint, so that everything is in the WAL, whose tail is lost.
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
  'lets the last payload win': {
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
