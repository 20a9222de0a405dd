import type { StoreCounters, TopicCounters } from '../store.js';

/** Keeps the totals over all topics in memory. They are complete, because this process makes every commit. */
export class RunningTotals {
  private readonly topics = new Set<string>();
  private readonly totals = { received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0 };

  /** Adds the counters of topics: the stored counters at start, and later the increments of each commit. */
  add(counters: readonly TopicCounters[]): void {
    for (const { topic, received, unique_processed, duplicate_dropped, conflicts } of counters) {
      this.topics.add(topic);
      this.totals.received += received;
      this.totals.unique_processed += unique_processed;
      this.totals.duplicate_dropped += duplicate_dropped;
      this.totals.conflicts += conflicts;
    }
  }

  read(): StoreCounters {
    return { ...this.totals, topics: [...this.topics] };
  }
}
