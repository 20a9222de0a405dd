import { Subject } from 'rxjs';
import type { CheckedEvent } from '../queue/submission.js';
import type { Commit } from '../store/store.js';

/** One commit, and the events it was of, in the order of its verdicts. */
export interface ProcessedBatch extends Commit {
  readonly events: readonly CheckedEvent[];
}

/** Announces each commit, before its publishers are answered. */
export class ProcessedEvents extends Subject<ProcessedBatch> {}
