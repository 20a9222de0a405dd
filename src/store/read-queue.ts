import { StoreBusyError } from './store-errors.js';

/** Maximum number of concurrent reads. They share one thread, so more would only finish later and hold more memory. */
const MAX_READS = 4;
/** Maximum number of waiting reads that are not patient. With this many, a scan already waits for seconds. */
const MAX_WAITING = 100;

/**
 * Runs the reads of one thread, a few at a time and in the order of the calls. Patient reads wait in a separate line,
 * whose length is unlimited. The two lines alternate, so that neither delays the other by more than one read.
 */
export class ReadQueue {
  private running = 0;
  private readonly patient = new Set<() => void>();
  private readonly impatient = new Set<() => void>();
  private lastWasPatient = false;

  /**
   * Runs a read when it is next in line. Rejects with the reason of the signal if it aborts before the read starts.
   * Rejects with `StoreBusyError` if too many reads wait, unless this one is `patient`.
   */
  async run<T>(
    read: () => Promise<T>,
    { signal, patient = false }: { signal?: AbortSignal; patient?: boolean } = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.running < MAX_READS) this.running++;
    else await this.waitIn(patient ? this.patient : this.impatient, signal);
    try {
      return await read();
    } finally {
      this.leave();
    }
  }

  private waitIn(line: Set<() => void>, signal?: AbortSignal): Promise<void> {
    if (line === this.impatient && line.size >= MAX_WAITING) {
      throw new StoreBusyError('Too many scans wait for their turn.');
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        line.delete(begin);
        reject(signal!.reason as Error);
      };
      const begin = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      line.add(begin);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Passes the slot of a finished read to the next read, or frees the slot if no read waits. */
  private leave(): void {
    const [first, second] = this.lastWasPatient
      ? [this.impatient, this.patient]
      : [this.patient, this.impatient];
    const line = first.size > 0 ? first : second;
    const [next] = line;
    if (!next) {
      this.running--;
      return;
    }
    this.lastWasPatient = line === this.patient;
    line.delete(next);
    next();
  }
}
