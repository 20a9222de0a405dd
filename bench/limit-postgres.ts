/**
 * Measures the limits of the PostgreSQL store, in a database with the tables of the service, without HTTP, JSON,
 * verdicts and counters.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { migrate } from '../src/store/postgres/connection.js';
import { Hosts } from '../src/store/postgres/hosts.js';
import { toTextArray } from '../src/store/postgres/text-array.js';
import { payloadText } from './events.js';

const ROWS_PER_STATEMENT = 1_000;
const INSERT = `
  INSERT INTO processed_events
  SELECT $1 + n, topic, event_id, '2026-01-31T12:00:00.000Z', 'bench', payload, '2026-01-31T12:00:00.000Z'
  FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS e (topic, event_id, payload, n)
  ON CONFLICT (topic, event_id) DO NOTHING`;

/** Returns the number of rows per second that one client inserts, 1000 per statement. */
export async function postgresAlone(databaseUrl: string, seconds: number): Promise<number> {
  await migrate(new Hosts(databaseUrl));
  const client = new Client(databaseUrl);
  await client.connect();
  const started = performance.now();
  let rows = 0;
  for (; performance.now() - started < seconds * 1000; rows += ROWS_PER_STATEMENT) {
    const numbers = Array.from({ length: ROWS_PER_STATEMENT }, (_, index) => rows + index);
    const topics = numbers.map((number) => `topic-${number % 10}`);
    const ids = numbers.map((number) => `bench-${number}`);
    const payloads = numbers.map((number) => payloadText(number));
    const values = [rows, ...[topics, ids, payloads].map(toTextArray)];
    await client.query({ name: 'insert', text: INSERT, values });
  }
  const rate = rows / ((performance.now() - started) / 1000);
  await client.end();
  return rate;
}

/** Returns the number of rows per second that the clients of pgbench insert, one per statement. */
export async function pgbenchAlone(
  databaseUrl: string,
  clients: number,
  seconds: number,
  scratch: string,
): Promise<number> {
  await migrate(new Hosts(databaseUrl));
  const client = new Client(databaseUrl);
  await client.connect();
  await client.query('CREATE SEQUENCE bench_seq');
  await client.end();
  const script = join(scratch, 'insert.sql');
  writeFileSync(
    script,
    String.raw`
      \set topic :client_id % 10
      \set id random(1, 1000000000000000)
      INSERT INTO processed_events VALUES (
        nextval('bench_seq'), 'topic-' || :topic, 'bench-' || :id, '2026-01-31T12:00:00.000Z', 'bench',
        '${payloadText(1)}', '2026-01-31T12:00:00.000Z')
      ON CONFLICT (topic, event_id) DO NOTHING;`.replaceAll(/\n {8,}/g, ' '),
  );
  const { stdout } = await promisify(execFile)('pgbench', [
    '--no-vacuum',
    '--protocol=prepared',
    `--client=${clients}`,
    `--time=${seconds}`,
    `--file=${script}`,
    databaseUrl,
  ]);
  return Number(/^tps = ([\d.]+)/m.exec(stdout)![1]);
}
