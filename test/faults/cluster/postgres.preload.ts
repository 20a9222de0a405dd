/**
 * Wraps the PostgreSQL driver in a service under test, as the mutant that POSTGRES_MUTANT names. Node loads it before the
 * service (`--import`).
 */
import pg, { type QueryConfig } from 'pg';
import type { DriverMutant } from './cluster-mutants.js';

type Callback = (error: Error | null, result?: unknown) => void;
type ClientQuery = (
  this: pg.Client,
  config: QueryConfig | string,
  values: unknown,
  done: Callback,
) => unknown;
type PoolQuery = (this: pg.Pool, config: QueryConfig | string, values?: unknown) => Promise<unknown>;

const DEFERRED_MS = 50;
const FIRSTS = 4;

const MUTANTS: Record<DriverMutant, () => void> = {
  'responds-early': () => {
    const client = pg.Client.prototype as unknown as { query: ClientQuery };
    const { query } = client;
    client.query = function (config, values, done) {
      if (!isCommit(config)) return query.call(this, config, values, done);
      query.call(this, 'BEGIN', undefined, () => {});
      return query.call(this, config, undefined, (error, result) => {
        setTimeout(() => query.call(this, 'COMMIT', undefined, () => {}), DEFERRED_MS);
        done(error, result);
      });
    };
  },

  guesses: () => {
    const pool = pg.Pool.prototype as unknown as { query: PoolQuery };
    const { query } = pool;
    let lastSeq = 0;
    pool.query = async function (config, values) {
      if (!isCommit(config)) return query.call(this, config, values);
      try {
        const result = (await query.call(this, config, values)) as { rows: [{ last_seq: number }] };
        lastSeq = result.rows[0].last_seq;
        return result;
      } catch {
        const stored = (config.values as number[])[FIRSTS]!;
        lastSeq += stored;
        const nothing = { replayed: null, n: null, seq: null, conflict: null };
        return { rows: [{ ...nothing, stored, last_seq: lastSeq, processed_at: '' }] };
      }
    };
  },
};

function isCommit(config: QueryConfig | string): config is QueryConfig {
  return typeof config === 'object' && config.name === 'commit_events';
}

MUTANTS[process.env['POSTGRES_MUTANT'] as DriverMutant]();
