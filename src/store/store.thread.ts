/**
 * The body of a store thread: one connection to the database, writing or reading. SQLite calls block, and an
 * fsync or a checkpoint may take a tenth of a second; here they hold up neither requests nor probes.
 */
import type { Database } from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { parentPort, workerData } from 'node:worker_threads';
import { dataSourceOptions } from '../../ormconfig.js';
import { lockDatabase } from './lock.js';
import { Reader } from './reader.js';
import type { CallMessage, ResultMessage, ThreadData } from './thread.js';
import { Writer } from './writer.js';

const { role, databaseUrl } = workerData as ThreadData;
const port = parentPort!;

async function open(): Promise<Writer | Reader> {
  const dataSource = new DataSource(dataSourceOptions(databaseUrl, { readonly: role === 'reader' }));
  if (role === 'reader') return new Reader(await dataSource.initialize());
  const lock = lockDatabase(String(dataSource.options.database));
  await dataSource.initialize();
  await dataSource.runMigrations();
  const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: Database };
  return new Writer(dataSource, databaseConnection, lock);
}

const opened = open();
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
