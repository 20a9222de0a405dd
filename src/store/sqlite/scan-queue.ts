import { StoreBusyError } from '../store-errors.js';

/** Maximum number of scans at a time. They share one thread, so more would only finish later. */
const MAX_SCANS = 4;
const MAX_WAITING = 100;

/** Runs scans in the order of the calls, a few at a time. */
export class ScanQueue {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  /**
   * Runs a scan when its turn has come. Rejects with the reason of the signal if it aborts before, and with
   * `StoreBusyError` if too many scans wait.
   */
  async run<T>(scan: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.enter(signal);
    try {
      return await scan();
    } finally {
      this.leave();
    }
  }

  private enter(signal?: AbortSignal): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.running < MAX_SCANS) {
      this.running++;
      return undefined;
    }
    if (this.waiting.size >= MAX_WAITING) throw new StoreBusyError('Too many scans wait for their turn.');
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.waiting.delete(begin);
        reject(signal!.reason as Error);
      };
      const begin = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      this.waiting.add(begin);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Passes the place of a finished scan to the next one. */
  private leave(): void {
    const [next] = this.waiting;
    if (!next) {
      this.running--;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
