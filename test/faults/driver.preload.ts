/**
 * Wraps better-sqlite3 in a service under test, so that the service needs neither hooks nor a patched copy.
 * Node loads it into the main thread and into each worker thread before their own code (`--import`).
 */
import type { Database, Statement } from 'better-sqlite3';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { DriverFaults } from './driver-faults.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const faults = JSON.parse(process.env['DRIVER_FAULTS']!) as DriverFaults;

/** Bytes that a checkpoint can append to the database file before the process is killed. */
const TORN_CHECKPOINT_BYTES = 64 * 1024;

type Method = (this: Database, ...args: unknown[]) => unknown;

const driver = Sqlite.prototype;
/** Original methods of the driver. */
const { exec, pragma, prepare } = driver as unknown as Record<'exec' | 'pragma' | 'prepare', Method>;

driver.exec = function (sql) {
  const text = rewritten(sql);
  around(text, this, () => exec.call(this, text));
  return this;
};

driver.pragma = function (source, options) {
  const text = rewritten(`PRAGMA ${source}`);
  const result = around(text, this, () => pragma.call(this, text.replace('PRAGMA ', ''), options));
  if (text.includes('wal_checkpoint')) (result as [{ log: number }])[0].log += faults.walPagesAdded ?? 0;
  return result;
};

driver.prepare = function (this: Database, sql: string) {
  const text = rewritten(sql);
  const statement = prepare.call(this, text) as Statement;
  const run = statement.run.bind(statement);
  statement.run = (...values: unknown[]) => around(text.trim(), this, () => run(...values))!;
  return statement;
} as typeof driver.prepare;

function rewritten(sql: string): string {
  return (faults.rewrite ?? []).reduce(
    (text, [find, replace]) => text.replace(new RegExp(find), () => replace),
    sql,
  );
}

let passes = 0;

function around<T>(sql: string, database: Database, run: () => T): T | undefined {
  const { kill } = faults;
  const isDue = kill && sql.startsWith(kill.statement) && ++passes === kill.pass;
  if (isDue && kill.when === 'before') die();
  const result = withFaultsOf(sql, database, run);
  if (isDue) die();
  return result;
}

let commits = 0;
let deferred: NodeJS.Timeout | undefined;

function withFaultsOf<T>(sql: string, database: Database, run: () => T): T | undefined {
  const { deferCommitsMs, delayCommitsMs, killInCheckpoint } = faults;
  if (killInCheckpoint && sql.includes('wal_checkpoint(PASSIVE)')) return tornCheckpoint(database, run);
  if (sql === 'COMMIT' && delayCommitsMs !== undefined)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayCommitsMs);
  if (deferCommitsMs !== undefined) {
    if (sql.startsWith('BEGIN') && database.inTransaction) return undefined;
    // The first commit is that of the migrations, without which the service does not start.
    if (sql === 'COMMIT' && ++commits > 1) {
      deferred ??= setTimeout(() => {
        deferred = undefined;
        run();
      }, deferCommitsMs);
      return undefined;
    }
  }
  return run();
}

/** Limits the size of files, so that the checkpoint fails between two pages, and kills the process there. */
function tornCheckpoint<T>(database: Database, run: () => T): T {
  limitFileSize(String(statSync(database.name).size + TORN_CHECKPOINT_BYTES));
  try {
    return run();
  } catch {
    return die();
  } finally {
    limitFileSize('unlimited');
  }
}

function limitFileSize(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('The process still runs after SIGKILL.');
}
