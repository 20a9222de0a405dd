import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** The thread that brings the log into the database file. */
export class Checkpointer {
  private readonly worker: Worker;

  constructor(databasePath: string) {
    this.worker = new Worker(new URL('./checkpoint.thread.js', import.meta.url), {
      workerData: databasePath,
      name: 'checkpointer',
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
  }

  /** Resolves when it has let go of the file. */
  async end(): Promise<void> {
    const exit = once(this.worker, 'exit');
    this.worker.postMessage('end');
    await exit;
  }
}
