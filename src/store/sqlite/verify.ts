import type { Database } from 'better-sqlite3';
import { LogCheck, type LogRow } from '../log-check.js';
import type { OnProgress, Verification } from '../maintenance.js';
import type { TopicCounters } from '../store.js';
import { reasonToReject } from './foreign-database.js';
import { openToRead } from './open-to-read.js';

const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;
const ROWS_PER_REPORT = 20_000;

const TABLES = `
  SELECT count(*) FROM sqlite_master
  WHERE type = 'table' AND name IN ('processed_events', 'topic_counters')`;
const COUNT = 'SELECT count(*) FROM processed_events';
const ROWS = 'SELECT seq, topic, processed_at FROM processed_events ORDER BY seq';
const COUNTERS = 'SELECT * FROM topic_counters';
const DUPLICATES = `
  SELECT topic, event_id, count(*) AS rows FROM processed_events
  GROUP BY topic, event_id HAVING count(*) > 1`;
// integrity_check compares an index with its table, but does not miss an index that does not exist.
const UNIQUE_KEYS = `
  SELECT count(*) FROM pragma_index_list('processed_events') AS l
  WHERE l."unique" AND NOT l.partial
    AND (SELECT group_concat(name) FROM pragma_index_info(l.name)) = 'topic,event_id'`;

interface DuplicateKey {
  readonly topic: string;
  readonly event_id: string;
  readonly rows: number;
}

/**
 * Verifies a database file in one read transaction, in which the WAL of a running service grows. Blocks the thread.
 * Throws the error of SQLite if the file cannot be opened. Damage is a finding.
 */
export function verifyDatabase(path: string, onProgress: OnProgress): Verification {
  const check = new LogCheck();
  const database = openToRead(path);
  try {
    database.exec('BEGIN');
    const reason = reasonToReject(database) ?? reasonWithoutTables(database);
    if (reason) check.report('database', `it is not a database of this service: ${reason}`);
    else readAll(database, check, onProgress);
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    if (!DAMAGED.test(code)) throw error;
    check.report('pages', `it cannot be read to its end: ${message}`);
  } finally {
    database.close();
  }
  const { events, lastSeq, topicCount: topics, findings } = check;
  return { events, lastSeq, topics, findings };
}

function reasonWithoutTables(database: Database): string | undefined {
  const tables = database.prepare<[], number>(TABLES).pluck().get()!;
  return tables === 2 ? undefined : 'it has no tables';
}

function readAll(database: Database, check: LogCheck, onProgress: OnProgress): void {
  onProgress('Checking the pages');
  const problems = database.prepare<[], string>('PRAGMA integrity_check').pluck().all();
  for (const problem of problems) if (problem !== 'ok') check.report('integrity_check', problem);

  if (database.prepare<[], number>(UNIQUE_KEYS).pluck().get() === 0)
    check.report('keys', 'the unique index on topic and event_id is missing');
  onProgress('Checking the keys');
  for (const { topic, event_id, rows } of database.prepare<[], DuplicateKey>(DUPLICATES).iterate())
    check.report(
      'keys',
      `event ${JSON.stringify(event_id)} of topic ${JSON.stringify(topic)} has ${rows} rows`,
    );

  const total = database.prepare<[], number>(COUNT).pluck().get()!;
  for (const row of database.prepare<[], LogRow>(ROWS).iterate()) {
    check.add(row);
    if (check.events % ROWS_PER_REPORT === 0) onProgress('Checking the events', check.events, total);
  }
  check.addCounters(database.prepare<[], TopicCounters>(COUNTERS).all());
}
