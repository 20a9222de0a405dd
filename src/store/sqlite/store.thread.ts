/**
 * The body of a store thread: one connection to the database, writing or reading. SQLite calls block, and an
 * fsync or a large commit may take a tenth of a second; here they hold up neither requests nor probes.
 */
import type { Database } from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { parentPort, workerData } from 'node:worker_threads';
import { dataSourceOptions } from '../../../ormconfig.js';
import { lockDatabase } from './lock.js';
import { Reader } from './reader.js';
import type { CallMessage, ResultMessage, ThreadData } from './thread.js';
import { Writer } from './writer.js';

const { role, databasePath } = workerData as ThreadData;
const port = parentPort!;

async function open(): Promise<Writer | Reader> {
  const dataSource = new DataSource(dataSourceOptions(databasePath, { readonly: role === 'reader' }));
  const connection = () =>
    (dataSource.driver as unknown as { databaseConnection: Database }).databaseConnection;
  if (role === 'reader') {
    await dataSource.initialize();
    return new Reader(dataSource, connection());
  }
  const lock = lockDatabase(databasePath);
  await dataSource.initialize();
  await dataSource.runMigrations();
  const writer = new Writer(dataSource, connection(), lock);
  // SQLite opens a file it may not write without a word, and would tell the first publisher.
  writer.probe();
  return writer;
}

const opened = open();
// Told to whoever calls; until then nobody listens.
opened.catch(() => {});
port.on('message', ({ id, method, args }: CallMessage) => {
  void answer(id, method, args);
});

async function answer(id: number, method: string, args: unknown[]): Promise<void> {
  let result: ResultMessage;
  try {
    const target = (await opened) as unknown as Record<string, (...args: unknown[]) => unknown>;
    result = { id, value: method === 'opened' ? true : await target[method]!(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    result = { id, error: { message, code } };
  }
  port.postMessage(result);
}
