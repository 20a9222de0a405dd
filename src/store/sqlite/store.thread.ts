/**
 * The body of a store thread: one connection to the database. SQLite calls block, and an fsync or a large commit may
 * take a tenth of a second. On the main thread they would delay every request and probe.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { CallMessage, ResultMessage, Role, ThreadData } from './worker-protocol.js';

const { role, path } = workerData as ThreadData;
const port = parentPort!;

// Imported by role: the checkpointer does not need TypeORM, which takes 20 MiB and most of the start.
const open: Record<Role, () => Promise<object>> = {
  async writer() {
    const [{ connect }, { lockDatabase }, { Writer }] = await Promise.all([
      import('./connection.js'),
      import('./lock.js'),
      import('./writer.js'),
    ]);
    const lock = lockDatabase(path);
    const connection = await connect(path);
    await connection.dataSource.runMigrations();
    const writer = new Writer(connection, lock);
    // SQLite opens a read-only file without an error. The probe reports it now instead of at the first commit.
    writer.probe();
    return writer;
  },
  async reader() {
    const [{ connect }, { Reader }] = await Promise.all([import('./connection.js'), import('./reader.js')]);
    return new Reader(await connect(path, { readonly: true }));
  },
  async checkpointer() {
    const { Checkpointer } = await import('./checkpointer.js');
    return new Checkpointer(path);
  },
};

const opened = open[role]();
// The first call reports the error; until then it must not count as unhandled.
opened.catch(() => {});
port.on('message', ({ id, method, args }: CallMessage) => {
  void respond(id, method, args);
});

async function respond(id: number, method: string, args: unknown[]): Promise<void> {
  let result: ResultMessage;
  try {
    const target = (await opened) as Record<string, (...args: unknown[]) => unknown>;
    result = { id, value: method === 'opened' ? true : await target[method]!(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    result = { id, error: { message, code } };
  }
  port.postMessage(result);
}
