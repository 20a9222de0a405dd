import { Injectable } from '@nestjs/common';

/**
 * Runs one CPU-bound task (1 ms or more) per event-loop iteration. Concurrent large requests then do not add up to one
 * long delay for all others.
 */
@Injectable()
export class Turns {
  private readonly resumed: (() => void)[] = [];
  private readonly queued: (() => void)[] = [];
  private scheduled = false;

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
