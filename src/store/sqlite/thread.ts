import { Worker } from 'node:worker_threads';

/** Batches come and go; more would only let garbage gather. */
const YOUNG_GENERATION_MB = 16;

export interface ThreadData {
  readonly role: 'writer' | 'reader';
  readonly databasePath: string;
}

export interface CallMessage {
  readonly id: number;
  readonly method: string;
  readonly args: unknown[];
}

export interface ResultMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { message: string; code?: string | undefined };
}

/** The thread is gone, and with it what it was asked. */
export class ThreadEndedError extends Error {
  override readonly name = 'ThreadEndedError';
}

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** An error thrown in the thread, with SQLite's result code where it came from there. */
class ThreadError extends Error {
  override readonly name = 'ThreadError';

  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/** Methods of `T` as seen from another thread: every one answers with a promise. */
type Remote<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** Calls the methods of a `Writer` or a `Reader` that lives in a thread of its own. */
export class Thread<T> {
  /** The methods of the object in the thread. */
  readonly remote: Remote<T>;
  private readonly worker: Worker;
  private readonly pending = new Map<number, PendingCall>();
  private lastId = 0;
  private gone: Error | undefined;

  /** A thread that crashes takes the process with it: better a restart than a service that only refuses. */
  constructor(data: ThreadData) {
    this.worker = new Worker(new URL('./store.thread.js', import.meta.url), {
      workerData: data,
      name: data.role,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.worker.on('message', (result: ResultMessage) => this.settle(result));
    this.worker.on('exit', () => this.fail(new ThreadEndedError(`The ${data.role} thread has ended.`)));
    this.remote = new Proxy({} as Remote<T>, {
      get:
        (_, method: string) =>
        (...args: unknown[]) =>
          this.call(method, args),
    });
  }

  /** Resolves once the database is open; rejects with what hindered it. */
  async opened(): Promise<void> {
    await this.call('opened', []);
  }

  /** Ends the thread, after its object was closed. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private call(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.gone) return reject(this.gone);
      const id = ++this.lastId;
      this.worker.postMessage({ id, method, args } satisfies CallMessage);
      this.pending.set(id, { resolve, reject });
    });
  }

  private settle({ id, value, error }: ResultMessage): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    if (error) call?.reject(new ThreadError(error.message, error.code));
    else call?.resolve(value);
  }

  private fail(error: Error): void {
    this.gone = error;
    for (const call of this.pending.values()) call.reject(error);
    this.pending.clear();
  }
}
