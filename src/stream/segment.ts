import type { Feed } from './feed.js';
import type { StreamEvent } from './stream-part.js';

/** Approximate memory of an event in addition to its text. */
const EVENT_BYTES = 100;
/** Approximate memory of a reference to an event. */
const REFERENCE_BYTES = 8;

/** Consecutive events of the window, grouped by feed. Events that no feed selects are omitted. */
export class Segment {
  private readonly events = new Map<Feed, StreamEvent[]>();
  private memory = 0;

  /** Approximate size in memory. */
  get bytes(): number {
    return this.memory;
  }

  /** Adds an event to the feeds that select it. Returns its approximate size in memory. */
  add(event: StreamEvent, feeds: readonly Feed[]): number {
    for (const feed of feeds) {
      const events = this.events.get(feed);
      if (events) events.push(event);
      else this.events.set(feed, [event]);
    }
    const bytes = EVENT_BYTES + event.text.length + REFERENCE_BYTES * feeds.length;
    this.memory += bytes;
    return bytes;
  }

  /** Yields the events of a feed after `seq`. */
  *eventsAfter(seq: number, feed: Feed): Generator<StreamEvent> {
    const events = this.events.get(feed) ?? [];
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (events[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    for (; low < events.length; low++) yield events[low]!;
  }

  /** Records in each feed that the window no longer contains these events. */
  drop(): void {
    for (const [feed, events] of this.events) feed.since = Math.max(feed.since, events.at(-1)!.seq);
  }
}
