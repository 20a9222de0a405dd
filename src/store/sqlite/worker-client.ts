import { Worker } from 'node:worker_threads';
import type {
  CallMessage,
  CancelMessage,
  Remote,
  ResultMessage,
  Role,
  ThreadData,
} from './worker-protocol.js';

/**
 * Maximum size of the young generation of a thread's heap. Batches are short-lived, so a larger one would only delay
 * garbage collection.
 */
const YOUNG_GENERATION_MB = 16;

/** Maximum time for which results extend one turn of the event loop. */
const MAX_TURN_MS = 20;

/** Thrown if the thread has ended. The result of calls in flight is unknown. */
export class ThreadEndedError extends Error {
  override readonly name = 'ThreadEndedError';
}

/** An error thrown in the thread, with SQLite's result code if SQLite raised it. */
class RemoteError extends Error {
  override readonly name = 'RemoteError';

  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Calls the methods of an object in a worker thread, in the order of the calls. The last argument may be an
 * AbortSignal, which the method receives too. After it aborts, the call rejects with its reason once the method has
 * ended. comlink is not used, because it drops `code` from errors. Thread pools are not used, because they are for
 * stateless tasks.
 */
export class WorkerClient<T> {
  /** The methods of the object in the thread. */
  readonly remote: Remote<T>;
  private readonly worker: Worker;
  private readonly pending = new Map<number, PendingCall>();
  private lastId = 0;
  /** Time of the first result in this turn of the event loop. Undefined until there is a result. */
  private turnStartedMs: number | undefined;
  private ended: Error | undefined;

  /** Starts the thread. An uncaught error in it ends the process, because only a restart recovers the store. */
  constructor(role: Role, path: string) {
    this.worker = new Worker(new URL('./store.thread.js', import.meta.url), {
      workerData: { role, path } satisfies ThreadData,
      name: role,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.worker.on('message', (result: ResultMessage) => this.receive(result));
    this.worker.on('exit', () => this.fail(new ThreadEndedError(`The ${role} thread has ended.`)));
    this.remote = new Proxy({} as Remote<T>, {
      get:
        (_, method: string) =>
        (...args: unknown[]) => {
          const signal = args.at(-1);
          return signal instanceof AbortSignal
            ? this.cancellableCall(method, args.slice(0, -1), signal)
            : this.call(method, args);
        },
    });
  }

  /** Resolves once the database is open. Rejects with the reason why it cannot be opened. */
  async opened(): Promise<void> {
    await this.call('opened', []);
  }

  /** Terminates the thread. The caller must close the object first. */
  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private async cancellableCall(method: string, args: unknown[], signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const result = this.call(method, args, true);
    const id = this.lastId;
    const cancel = () => this.worker.postMessage({ cancel: id } satisfies CancelMessage);
    signal.addEventListener('abort', cancel);
    try {
      return await result;
    } finally {
      signal.removeEventListener('abort', cancel);
      signal.throwIfAborted();
    }
  }

  private call(method: string, args: unknown[], cancellable = false): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const id = ++this.lastId;
      this.worker.postMessage({ id, method, args, cancellable } satisfies CallMessage);
      this.pending.set(id, { resolve, reject });
    });
  }

  /**
   * Settles the call, or defers this to the next turn of the event loop if the current turn is long. Node delivers up
   * to 1000 messages in one turn, including those that the thread sends during the turn. Each page takes milliseconds
   * and may lead to another call.
   */
  private receive(result: ResultMessage): void {
    const now = performance.now();
    if (this.turnStartedMs === undefined) {
      this.turnStartedMs = now;
      setImmediate(() => (this.turnStartedMs = undefined));
    }
    if (now - this.turnStartedMs < MAX_TURN_MS) this.settle(result);
    else setImmediate(() => this.settle(result));
  }

  private settle({ id, value, error }: ResultMessage): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    if (error) call?.reject(new RemoteError(error.message, error.code));
    else call?.resolve(value);
  }

  private fail(error: Error): void {
    this.ended = error;
    for (const call of this.pending.values()) call.reject(error);
    this.pending.clear();
  }
}
