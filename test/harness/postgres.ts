import { Client } from 'pg';
import { randomUUID } from 'node:crypto';

const { TEST_POSTGRES_URL = 'postgres://postgres@127.0.0.1:5432/postgres', CI } = process.env;

/** Whether the tests can create databases on a PostgreSQL server. With CI set, they fail if there is none. */
export const HAS_POSTGRES = CI !== undefined || (await isReachable());

async function isReachable(): Promise<boolean> {
  try {
    await execute(TEST_POSTGRES_URL, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

/** Runs statements on a connection of its own. Returns the rows of the last one. */
export async function execute<T = Record<string, unknown>>(
  databaseUrl: string,
  sql: string,
  values?: unknown[],
): Promise<T[]> {
  const client = new Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query(sql, values);
    return rows as T[];
  } finally {
    await client.end();
  }
}

/** Creates an empty database. Returns its URL. */
export async function createDatabase(): Promise<string> {
  const url = new URL(TEST_POSTGRES_URL);
  url.pathname = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(TEST_POSTGRES_URL, `CREATE DATABASE ${url.pathname.slice(1)}`);
  return url.href;
}

/** Drops a database and ends the connections to it. */
export async function dropDatabase(databaseUrl: string): Promise<void> {
  await execute(TEST_POSTGRES_URL, `DROP DATABASE ${new URL(databaseUrl).pathname.slice(1)} WITH (FORCE)`);
}
