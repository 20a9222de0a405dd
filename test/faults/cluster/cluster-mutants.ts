import { fileURLToPath } from 'node:url';
import { execute } from '../../harness/postgres.js';
import type { Finding } from '../findings.js';
import type { ClusterFaultName } from './cluster-faults.js';

/** Changes of the function that commits: texts and their replacements. */
export type Rewrite = readonly (readonly [find: string, replace: string])[];

/** Mutants that `postgres.preload.ts` implements. */
export type DriverMutant = 'responds-early' | 'guesses';

/** A cluster that violates a guarantee, the fault that exposes it, and the findings that the judge must report. */
export interface ClusterMutant {
  readonly rewrite?: Rewrite;
  readonly driver?: DriverMutant;
  readonly fault: ClusterFaultName;
  readonly caughtBy: readonly Finding['kind'][];
}

const WITHOUT_LOCK: Rewrite = [
  ['FROM log_head FOR UPDATE', 'FROM log_head'],
  ['x.event_id = e.event_id) IS NULL;', 'x.event_id = e.event_id) IS NULL ON CONFLICT DO NOTHING;'],
];

export const CLUSTER_MUTANTS: Record<string, ClusterMutant> = {
  'draws seq from a sequence': {
    rewrite: [
      ...WITHOUT_LOCK,
      ['head + row_number() OVER (ORDER BY e.n)', `nextval('mutant_seq')`],
      [
        'r.last_seq := head + r.stored;',
        'SELECT max(seq) INTO r.last_seq FROM processed_events; head := r.last_seq - r.stored;',
      ],
    ],
    fault: 'lose-results',
    caughtBy: ['disorder', 'reader misled'],
  },
  'reads verdicts outside the transaction': {
    rewrite: WITHOUT_LOCK,
    fault: 'lose-results',
    caughtBy: ['lost', 'sums'],
  },
  'counts a repeated commit again': {
    rewrite: [
      ['IF r.replayed IS NOT NULL THEN', 'r.replayed := NULL; IF false THEN'],
      ['AS u (source, number, first, last);', 'AS u (source, number, first, last) ON CONFLICT DO NOTHING;'],
    ],
    fault: 'lose-results',
    caughtBy: ['divergent', 'sums'],
  },
  'guesses a lost result': {
    driver: 'guesses',
    fault: 'lose-results',
    caughtBy: ['other seq', 'sums'],
  },
  'responds before the commit': {
    driver: 'responds-early',
    fault: 'crash-database',
    caughtBy: ['lost'],
  },
};

/** Replaces the function that commits. Throws if a text is not found, so that no mutant is the original. */
export async function rewriteCommit(databaseUrl: string, rewrite: Rewrite): Promise<void> {
  const [row] = await execute<{ sql: string }>(
    databaseUrl,
    `SELECT pg_get_functiondef('commit_events'::regproc) AS sql`,
  );
  let { sql } = row!;
  for (const [find, replace] of rewrite) {
    if (!sql.includes(find)) throw new Error(`The function has no text "${find}".`);
    sql = sql.replace(find, () => replace);
  }
  await execute(databaseUrl, `CREATE SEQUENCE mutant_seq; ${sql}`);
}

/** Returns the environment variables that make a service a mutant. */
export function driverMutant(mutant: DriverMutant): Record<string, string> {
  const preload = new URL('./postgres.preload.js', import.meta.url);
  return {
    NODE_OPTIONS: `--import ${JSON.stringify(fileURLToPath(preload))}`,
    POSTGRES_MUTANT: mutant,
  };
}
