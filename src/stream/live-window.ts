import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ProcessedBatch, ProcessedEvents } from '../consumer/processed-events.js';
import { type EventJson, toEventJson } from '../store/event-json.js';
import { Store } from '../store/store.js';

/** What is kept of the newest events. Subscribers further behind read from the store, in pages. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The newest events, shared by all live subscribers, so that following costs the store nothing. Kept only
 * while somebody follows. seqs have no holes, so where an event stands follows from its seq.
 */
@Injectable()
export class LiveWindow implements OnModuleInit {
  /** The highest seq announced. */
  lastSeq = 0;
  private events: EventJson[] = [];
  private bytes = 0;
  private wanted = false;

  constructor(
    private readonly store: Store,
    private readonly processed: ProcessedEvents,
  ) {}

  async onModuleInit(): Promise<void> {
    this.processed.subscribe((batch) => this.add(batch));
    this.lastSeq = await this.store.lastSeq();
  }

  /** Whether anybody follows; if not, nothing is kept. */
  keep(wanted: boolean): void {
    this.wanted = wanted;
    if (wanted) return;
    this.events = [];
    this.bytes = 0;
  }

  /** Whether everything after this seq is here. */
  reaches(seq: number): boolean {
    return seq >= this.lastSeq - this.events.length;
  }

  /** The events after a seq that the window reaches. */
  after(seq: number): readonly EventJson[] {
    return this.events.slice(Math.max(seq - (this.lastSeq - this.events.length), 0));
  }

  private add({ events, verdicts, lastSeq, processedAt: processed_at }: ProcessedBatch): void {
    this.lastSeq = lastSeq;
    if (!this.wanted) return;
    for (const [index, event] of events.entries()) {
      const { outcome, seq } = verdicts[index]!;
      if (outcome !== 'stored') continue;
      const stored = toEventJson({ ...event, seq, processed_at });
      this.events.push(stored);
      this.bytes += stored.json.length;
    }
    let old = 0;
    while (this.bytes > MAX_BYTES) this.bytes -= this.events[old++]!.json.length;
    if (old > 0) this.events = this.events.slice(old);
  }
}
