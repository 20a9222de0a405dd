/**
 * Entry point of a store thread, which has one connection to the database. SQLite calls are synchronous, and an fsync
 * or a large commit may take 100 ms. On the main thread, they would block the event loop.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { CallMessage, CancelMessage, ResultMessage, Role, ThreadData } from './worker-protocol.js';

const { role, path } = workerData as ThreadData;
const port = parentPort!;

// Each role imports only its own modules. Only the writer uses TypeORM, which needs 20 MiB and most of the startup
// time.
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
    // SQLite opens a read-only file without an error. With this probe, the start fails instead of the first commit.
    writer.probe();
    return writer;
  },
  reader: openReader,
  scanner: openReader,
  async checkpointer() {
    const { Checkpointer } = await import('./checkpointer.js');
    return new Checkpointer(path);
  },
};

const opened = open[role]();
// The first call rejects with this error. Until then, Node must not report it as an unhandled rejection.
opened.catch(() => {});

/** Cancellable calls in progress, by the id of the call. */
const cancellations = new Map<number, AbortController>();
port.on('message', (message: CallMessage | CancelMessage) => {
  if ('cancel' in message) cancellations.get(message.cancel)?.abort();
  else void respond(message);
});

async function openReader(): Promise<object> {
  const { Reader } = await import('./reader.js');
  return new Reader(path);
}

async function respond({ id, method, args, cancellable }: CallMessage): Promise<void> {
  let result: ResultMessage;
  if (cancellable) {
    const controller = new AbortController();
    cancellations.set(id, controller);
    args.push(controller.signal);
  }
  try {
    const target = (await opened) as Record<string, (...args: unknown[]) => unknown>;
    result = { id, value: method === 'opened' ? true : await target[method]!(...args) };
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    result = { id, error: { message, code } };
  }
  cancellations.delete(id);
  port.postMessage(result);
}
