import { Injectable } from '@nestjs/common';

/** Time that short tasks may take in one iteration of the event loop before further tasks are deferred. */
const MAX_SHORT_TASKS_MS = 20;

/**
 * Runs one CPU-bound task (1 ms or more) per iteration of the event loop, so that concurrent large requests do not
 * cause one long delay for all other requests.
 */
@Injectable()
export class Turns {
  private readonly resumed: (() => void)[] = [];
  private readonly queued: (() => void)[] = [];
  private scheduled = false;
  /** Time that short tasks have taken in this iteration of the event loop. */
  private usedMs = 0;

  /**
   * Begins a short task immediately, or in a later iteration if short tasks have already taken more than 20 ms of this
   * one.
   */
  runSoon<T>(task: () => Promise<T>): Promise<T> {
    if (this.usedMs > MAX_SHORT_TASKS_MS) return this.run(task);
    const started = performance.now();
    const result = task();
    if (this.usedMs === 0) setImmediate(() => (this.usedMs = 0));
    this.usedMs += performance.now() - started;
    return result;
  }

  /** Runs the task in a separate iteration, after the tasks that are already queued. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.queued.push(() => void task().then(resolve, reject));
      this.schedule();
    });
  }

  /** Yields to the event loop. Resumes before queued tasks begin, so that few large bodies are in memory at a time. */
  yield(): Promise<void> {
    return new Promise((resolve) => {
      this.resumed.push(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const step = (this.resumed.shift() ?? this.queued.shift())!;
      if (this.resumed.length + this.queued.length > 0) this.schedule();
      step();
    });
  }
}
