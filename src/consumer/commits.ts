import { Subject } from 'rxjs';
import type { Commit } from '../store/store.js';
import type { NewEvent } from '../event/event.js';

/** One commit, and the events it was of, in the order of its verdicts. */
export interface ProcessedBatch extends Commit {
  readonly events: readonly NewEvent[];
}

/** Announces each commit, before its publishers are answered. */
export class ProcessedEvents extends Subject<ProcessedBatch> {}
