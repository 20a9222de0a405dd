import { Worker } from 'node:worker_threads';

/** The thread that brings the log into the database file. As of any thread of the store, its crash ends the process. */
export class Checkpointer {
  private readonly worker: Worker;
  private readonly gone: Promise<unknown>;

  constructor(databasePath: string) {
    this.worker = new Worker(new URL('./checkpoint.thread.js', import.meta.url), {
      workerData: databasePath,
      name: 'checkpointer',
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    this.gone = new Promise((resolve) => this.worker.once('exit', resolve));
  }

  /** Resolves when it has let go of the file. */
  async end(): Promise<void> {
    this.worker.postMessage('end');
    await this.gone;
  }
}
