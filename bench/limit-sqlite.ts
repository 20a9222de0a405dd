/**
 * Measures the limit for batches, which is better-sqlite3 alone, with the tables, indexes, settings and events of the
 * service. It has one prepared statement and 1000 rows per transaction, but no HTTP, JSON or verdicts.
 */
import { performance } from 'node:perf_hooks';
import { connect } from '../src/store/sqlite/connection.js';
import { payloadText } from './events.js';

const ROWS_PER_TRANSACTION = 1_000;

/** Returns the number of rows inserted per second, measured for at least `seconds`. */
export async function sqliteAlone(database: string, seconds: number): Promise<number> {
  const { dataSource, database: sqlite } = await connect(database);
  await dataSource.runMigrations();
  const insert = sqlite.prepare(
    `INSERT INTO processed_events (topic, event_id, timestamp, source, payload, processed_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (topic, event_id) DO NOTHING`,
  );
  const run = Date.now().toString(36);
  const now = new Date().toISOString();
  const started = performance.now();
  let rows = 0;
  while (performance.now() - started < seconds * 1000) {
    sqlite.exec('BEGIN IMMEDIATE');
    for (let row = 0; row < ROWS_PER_TRANSACTION; row++, rows++) {
      insert.run(
        `topic-${rows % 10}`,
        `${run}-${rows}`,
        '2026-01-31T12:00:00.000Z',
        'bench',
        payloadText(row),
        now,
      );
    }
    sqlite.exec('COMMIT');
  }
  const rate = rows / ((performance.now() - started) / 1000);
  await dataSource.destroy();
  return rate;
}
