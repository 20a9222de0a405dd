import type { FaultName } from './faults.js';
import type { Finding } from './findings.js';
import type { Edit } from './patched-build.js';

/** A service that breaks a promise, and what the checker must find in it. */
export interface Mutant {
  readonly edits: readonly Edit[];
  /** Where it takes a fault to see it; the others are seen under load alone. */
  readonly fault?: FaultName;
  readonly environment?: Record<string, string>;
  readonly caughtBy: readonly Finding['kind'][];
}

const WRITER = 'src/store/sqlite/writer.js';

export const MUTANTS: Record<string, Mutant> = {
  'does not sync, and loses power': {
    // Without checkpoints, so that all of it is in the log whose tail is lost.
    edits: [
      {
        file: 'ormconfig.js',
        find: `database.pragma('synchronous = FULL');`,
        replace: `database.pragma('synchronous = OFF');`,
      },
      {
        file: 'src/store/sqlite/checkpoints.js',
        find: 'CHECKPOINT_PAGES = 4_000',
        replace: 'CHECKPOINT_PAGES = 1e9',
      },
    ],
    fault: 'lying-disk',
    caughtBy: ['lost'],
  },
  'answers before the commit': {
    edits: [
      {
        file: WRITER,
        find: `this.database.exec('BEGIN IMMEDIATE');`,
        replace: `if (!this.database.inTransaction) this.database.exec('BEGIN IMMEDIATE');`,
      },
      {
        file: WRITER,
        find: `this.database.exec('COMMIT');`,
        replace: `this.later ??= setTimeout(() => { this.later = undefined; this.database.exec('COMMIT'); }, 50);`,
      },
    ],
    fault: 'kill',
    caughtBy: ['lost'],
  },
  'has no unique index': {
    edits: [
      {
        file: 'src/store/sqlite/migrations/1763800000000-create-store.js',
        find: 'CREATE UNIQUE INDEX',
        replace: 'CREATE INDEX',
      },
      { file: WRITER, find: 'ON CONFLICT (topic, event_id) DO NOTHING', replace: '' },
    ],
    caughtBy: ['doubled', 'stored twice', 'divergent', 'other seq'],
  },
  'lets the last payload win': {
    edits: [
      { file: WRITER, find: 'DO NOTHING', replace: 'DO UPDATE SET payload = excluded.payload RETURNING seq' },
      {
        file: WRITER,
        find: 'this.insert.run(',
        replace: '((...values) => { this.insert.all(...values); return { changes: 0 }; })(',
      },
    ],
    caughtBy: ['divergent'],
  },
  'tells a conflict as a duplicate': {
    edits: [{ file: WRITER, find: 'DUPLICATE : CONFLICT', replace: 'DUPLICATE : DUPLICATE' }],
    caughtBy: ['divergent'],
  },
  'tells the seq after': {
    edits: [{ file: WRITER, find: 'seqs[index] = lastSeq', replace: 'seqs[index] = lastSeq + 1' }],
    caughtBy: ['other seq'],
  },
  'does not count a batch without news': {
    edits: [
      {
        file: WRITER,
        find: 'this.addCounters.run(counter)',
        replace: 'counter.unique_processed > 0 && this.addCounters.run(counter)',
      },
    ],
    caughtBy: ['sums'],
  },
  'takes what it refuses': {
    edits: [
      {
        file: 'src/queue/subject-queue.js',
        find: 'throw new QueueFullError(',
        replace:
          'this.depth = depth; this.bytes = bytes; this.arrivals.next(submission); throw new QueueFullError(',
      },
    ],
    environment: { QUEUE_CAPACITY: '60' },
    caughtBy: ['not refused'],
  },
};
