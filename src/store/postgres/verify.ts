import type { PoolClient } from 'pg';
import { type CheckedCounters, LogCheck, type LogRow } from '../log-check.js';
import {
  MaintenanceError,
  type MaintenanceOptions,
  type OnProgress,
  type Verification,
} from '../maintenance.js';
import { openPool, type Session } from './connection.js';
import { Hosts } from './hosts.js';
import { reasonOf, toReadError } from './postgres-errors.js';
import { StoreDamagedError } from '../store-errors.js';

const ROWS_PER_FETCH = 20_000;

/** A session that scans the tables. Its statements have no limit of time. */
const VERIFYING: Session = {
  settings: { default_transaction_read_only: 'on', statement_timeout: '0', jit: 'off' },
  maxConnections: 1,
  timeoutMs: 0,
};

const ROWS = 'DECLARE log CURSOR FOR SELECT seq, topic, processed_at FROM processed_events ORDER BY seq';
const COUNTERS = 'SELECT * FROM topic_counters';
const HEAD = 'SELECT last_seq, last_processed_at, received, conflicts FROM log_head';
const DUPLICATES = `
  SELECT topic, event_id, count(*) AS rows FROM processed_events
  GROUP BY topic, event_id HAVING count(*) > 1 LIMIT 11`;
const UNIQUE_KEYS = `
  SELECT count(*) AS indexes FROM pg_index
  WHERE indrelid = 'processed_events'::regclass AND indisunique AND indisvalid AND indpred IS NULL
    AND pg_get_indexdef(indexrelid) LIKE '%(topic, event_id)'`;

interface Head {
  readonly last_seq: number;
  readonly last_processed_at: string;
  readonly received: number;
  readonly conflicts: number;
}

interface DuplicateKey {
  readonly topic: string;
  readonly event_id: string;
  readonly rows: number;
}

/**
 * Verifies the tables on the primary in one snapshot, in a read-only transaction. Replicas may commit meanwhile. Damage
 * is a finding. Rejects with `MaintenanceError` if the database cannot be read.
 */
export async function verifyDatabase(
  databaseUrl: string,
  { signal, onProgress }: MaintenanceOptions,
): Promise<Verification> {
  const pool = openPool(new Hosts(databaseUrl), VERIFYING);
  const check = new LogCheck();
  try {
    const client = await pool.connect();
    // Closes the connection, which ends the query in progress.
    const abort = () => client.release(true);
    signal.addEventListener('abort', abort);
    try {
      await readAll(client, check, onProgress);
    } finally {
      signal.removeEventListener('abort', abort);
      if (!signal.aborted) client.release();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(toReadError(error) instanceof StoreDamagedError))
      throw new MaintenanceError(`The database of DATABASE_URL cannot be read: ${reasonOf(error)}`, [], {
        cause: error,
      });
    check.report('pages', `it cannot be read to its end: ${reasonOf(error)}`);
  } finally {
    await pool.end();
  }
  const { events, lastSeq, topicCount: topics, findings } = check;
  return { events, lastSeq, topics, findings };
}

async function readAll(client: PoolClient, check: LogCheck, onProgress: OnProgress): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const head = (await client.query<Head>(HEAD)).rows[0];
  if (!head) return check.report('totals', 'log_head has no row');
  const index = await client.query<{ indexes: number }>(UNIQUE_KEYS);
  if (index.rows[0]!.indexes === 0) check.report('keys', 'the unique index on topic and event_id is missing');
  onProgress('Checking the keys');
  for (const { topic, event_id, rows } of (await client.query<DuplicateKey>(DUPLICATES)).rows)
    check.report(
      'keys',
      `event ${JSON.stringify(event_id)} of topic ${JSON.stringify(topic)} has ${rows} rows`,
    );

  await client.query(ROWS);
  for (let rows: LogRow[] = []; ;) {
    ({ rows } = await client.query<LogRow>(`FETCH ${ROWS_PER_FETCH} FROM log`));
    if (rows.length === 0) break;
    for (const row of rows) check.add(row);
    onProgress('Checking the events', check.events, head.last_seq);
  }
  checkCounters(check, head, (await client.query<CheckedCounters>(COUNTERS)).rows);
  await client.query('COMMIT');
}

function checkCounters(check: LogCheck, head: Head, counters: readonly CheckedCounters[]): void {
  check.addCounters(counters);
  const sum = (name: 'received' | 'conflicts') =>
    counters.reduce((total, counter) => total + counter[name], 0);
  check.addTotal('last_seq of log_head', head.last_seq, check.events, 'the number of rows');
  check.addTotal('received of log_head', head.received, sum('received'), 'the sum over all topics');
  check.addTotal('conflicts of log_head', head.conflicts, sum('conflicts'), 'the sum over all topics');
}
