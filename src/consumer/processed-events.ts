import { Subject } from 'rxjs';
import type { TopicCounters } from '../store/topic-counters.entity.js';

/** One commit, as those who follow the store need it. */
export interface ProcessedBatch {
  /** What the batch added to the counters of each of its topics. */
  readonly counters: readonly TopicCounters[];
  /** The highest seq stored so far. */
  readonly lastSeq: number;
}

/** Announces each commit, before its publishers are answered. */
export class ProcessedEvents extends Subject<ProcessedBatch> {}
