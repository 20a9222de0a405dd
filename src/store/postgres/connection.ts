import { Pool, TypeOverrides } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { type HostClient, hostClient } from './host-client.js';
import type { Hosts } from './hosts.js';
import { LogHead } from './log-head.entity.js';
import { ProcessedEvent } from './processed-event.entity.js';
import { Receipt } from './receipt.entity.js';
import { MIGRATIONS } from './schema.js';
import { TopicCounters } from './topic-counters.entity.js';

const MIN_SERVER_VERSION = 150_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** Why a server is not used. */
const STANDBY = 'it is a standby; use the primary';

/** Identifies the advisory lock of the migrations among those of the database: the ASCII codes of "PSLA". */
const MIGRATION_LOCK = 0x50_53_4c_41;
/** Maximum wait of a starting replica for the migrations of another one. */
const MIGRATION_LOCK_TIMEOUT_SECONDS = 60;

/** Settings of every session. All queries can use an index, whatever the statistics of their table. */
const BY_INDEX = { enable_seqscan: 'off', jit: 'off' };

/** Settings of a session and the limits of its statements. */
export interface Session {
  readonly settings: Readonly<Record<string, string>>;
  readonly maxConnections: number;
  /**
   * Maximum wait for a response. Exceeds `statement_timeout`, so it ends only a wait for a server that does not
   * respond.
   */
  readonly timeoutMs: number;
}

/** The sessions that commit. Those of a replica that is unreachable are closed after 11 s, with the lock they hold. */
export const WRITING: Session = {
  settings: {
    ...BY_INDEX,
    plan_cache_mode: 'force_generic_plan',
    default_transaction_isolation: 'read committed',
    synchronous_commit: 'on',
    lock_timeout: '2s',
    statement_timeout: '10s',
    tcp_keepalives_idle: '5',
    tcp_keepalives_interval: '2',
    tcp_keepalives_count: '3',
    tcp_user_timeout: '5000',
  },
  // One for commits, which are serialised anyway, one for probes, and one for the deletion of receipts.
  maxConnections: 3,
  timeoutMs: 12_000,
};

/** The sessions that read. Their queries need only the order of an index. */
export const READING: Session = {
  settings: {
    ...BY_INDEX,
    enable_bitmapscan: 'off',
    enable_sort: 'off',
    default_transaction_read_only: 'on',
    statement_timeout: '10s',
  },
  // One for each read that the queues of the store admit.
  maxConnections: 8,
  timeoutMs: 12_000,
};

/** Returns TypeORM's options for a database. */
export function dataSourceOptions(databaseUrl: string): DataSourceOptions {
  return {
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'pubsub-log-aggregator',
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    entities: [ProcessedEvent, TopicCounters, LogHead, Receipt],
    migrations: MIGRATIONS,
    // The database may also have the migrations of other programs, which TypeORM names `migrations`.
    migrationsTableName: 'aggregator_migrations',
    migrationsTransactionMode: 'all',
    synchronize: false,
  };
}

/**
 * Creates or migrates the tables on the primary, which is the current host afterwards. Replicas that start at the same
 * time migrate one after the other.
 */
export async function migrate(hosts: Hosts): Promise<void> {
  const errors: unknown[] = [];
  while (errors.length < hosts.count) {
    const url = hosts.current;
    try {
      return await migrateOn(url);
    } catch (error) {
      errors.push(error);
      hosts.reject(url);
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors);
}

async function migrateOn(url: string): Promise<void> {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    await rejectUnsupported(dataSource);
    // A lock of this session. Closing the connection releases it.
    const lock = dataSource.createQueryRunner();
    await lock.query(`SET lock_timeout = '${MIGRATION_LOCK_TIMEOUT_SECONDS}s'`);
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}

async function rejectUnsupported(dataSource: DataSource): Promise<void> {
  const [{ version, encoding, standby }] = (await dataSource.query(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
       pg_is_in_recovery() AS standby`,
  )) as [{ version: number; encoding: string; standby: boolean }];
  if (standby) throw new Error(STANDBY);
  if (version < MIN_SERVER_VERSION)
    throw new Error(`it is PostgreSQL ${Math.floor(version / 10_000)}; use PostgreSQL 15 or later`);
  if (encoding !== 'UTF8')
    throw new Error(`its encoding is ${encoding}; create a database with the encoding UTF8`);
}

/**
 * Opens connections to the primary on demand. A connection that fails is replaced at the next query, by one to the next
 * host. A primary becomes a standby only by a restart, which ends its connections.
 */
export function openPool(hosts: Hosts, { settings, maxConnections, timeoutMs }: Session): Pool {
  // Sent as statements, because poolers such as PgBouncer reject settings in the startup message.
  const prepare = [
    ...Object.entries(settings).map(([name, value]) => `SET ${name} = '${value}'`),
    `DO $$ BEGIN IF pg_is_in_recovery() THEN RAISE '${STANDBY}'; END IF; END $$`,
  ].join('; ');
  const pool = new Pool({
    Client: hostClient(hosts),
    application_name: 'pubsub-log-aggregator',
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: timeoutMs,
    keepAlive: true,
    types: numericTypes(),
    verify: (client, done) =>
      client.query(prepare, (error) => {
        if (error) (client as unknown as HostClient).rejectHost();
        done(error);
      }),
  });
  // The query that uses a connection rejects with the same error. Without listeners, Node would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  return pool;
}

/** Parses bigint as a number: a seq or a counter stays below 2^53. An array has at least one element. */
function numericTypes(): TypeOverrides {
  const BIGINT = 20;
  const BIGINT_ARRAY = 1016;
  const types = new TypeOverrides();
  types.setTypeParser(BIGINT, Number);
  types.setTypeParser(BIGINT_ARRAY, (text) => text.slice(1, -1).split(',').map(Number));
  return types;
}
