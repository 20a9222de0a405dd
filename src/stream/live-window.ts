import { Injectable } from '@nestjs/common';
import { type Announcement, Commits } from '../consumer/commits.js';
import { toEventJson, toServerSentEvent } from '../event/event-json.js';
import type { EventSelection } from '../event/selection.js';
import { Feed } from './feed.js';
import { Segment } from './segment.js';
import { SelectionIndex } from './selections/selection-index.js';
import { type PartSize, type StreamEvent, type StreamPart, takePart } from './stream-part.js';
import { PartCache } from './part-cache.js';
import type { Turn } from './turn.js';
import { UnmatchedEvents } from './unmatched-events.js';

/** Maximum size of the window. Subscribers further behind read pages from the store. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Size at which a segment ends. The window drops whole segments. */
const SEGMENT_BYTES = MAX_BYTES / 16;

/**
 * Keeps the newest events in memory while active, matched once with the selections of all subscribers. The work for
 * an event is proportional to the number of selections that include it. A delivery needs 3.2 µs of CPU, instead of 7.0 µs
 * if each subscriber reads the store (docs/decisions.md).
 */
@Injectable()
export class LiveWindow {
  private readonly feeds = new Set<Feed>();
  private readonly index = new SelectionIndex<Feed>();
  private readonly unmatched = new UnmatchedEvents();
  private readonly parts = new PartCache();
  private segments: Segment[] = [];
  private bytes = 0;
  /** The highest seq announced while the window was active. */
  private end = 0;
  /** The seq up to which events are matched. */
  private matched = 0;
  /** The window has no event up to this seq. */
  private start = 0;
  private hasGap = false;
  private nextFeedId = 0;
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly commits: Commits) {}

  /** The highest seq announced. */
  get lastSeq(): number {
    return this.commits.lastSeq;
  }

  /** Whether `matchNext` has something to return. */
  get hasUnmatched(): boolean {
    return this.hasGap || !this.unmatched.isEmpty;
  }

  /**
   * Starts to keep the events of new commits, or stops and drops them. Called with false if every subscriber is
   * stalled.
   */
  setActive(active: boolean): void {
    if (active && !this.unsubscribe) {
      this.end = this.matched = this.start = this.lastSeq;
      this.unsubscribe = this.commits.subscribe((announcement) => this.advance(announcement));
    } else if (!active && this.unsubscribe) {
      this.unsubscribe();
      this.unsubscribe = undefined;
      this.drop();
      this.hasGap = false;
    }
  }

  /** Returns the feed of a selection. Events are matched with it until it is left. */
  join(selection: EventSelection): Feed {
    let feed = this.index.get(selection);
    if (!feed) {
      feed = new Feed(this.nextFeedId++, selection, this.matched);
      this.feeds.add(feed);
      this.index.set(selection, feed);
    }
    return feed;
  }

  leave(feed: Feed): void {
    this.feeds.delete(feed);
    this.index.delete(feed.selection);
  }

  /** Returns whether every event of the feed after this seq is in the window, or not matched yet. */
  covers(seq: number, feed: Feed): boolean {
    return seq >= feed.since && seq >= (this.unsubscribe ? this.start : this.lastSeq);
  }

  /** Returns the highest seq that a subscriber of the feed with this cursor has reached, selected or not. */
  position(cursor: number, feed: Feed): number {
    const hasAll = this.covers(cursor, feed) && feed.lastSelected <= cursor;
    return hasAll ? Math.max(cursor, this.matched) : cursor;
  }

  /**
   * Matches some of the announced events and returns the feeds that select any of them. Also returns all feeds after
   * a gap, which their subscribers read from the store. Stops when the turn is over, or at the size of a segment, so
   * that subscribers can be served before the window drops these events.
   */
  matchNext(turn: Pick<Turn, 'isOver'>): ReadonlySet<Feed> {
    const selected = new Set(this.hasGap ? this.feeds : []);
    this.hasGap = false;
    let room = SEGMENT_BYTES;
    while (room > 0 && !turn.isOver) {
      const event = this.unmatched.shift();
      if (!event) break;
      this.matched = event.seq;
      const feeds = this.index.match(event);
      if (feeds.length === 0) continue;
      const text = Buffer.from(toServerSentEvent(toEventJson(event)));
      room -= this.append({ seq: event.seq, text }, feeds);
      for (const feed of feeds) {
        feed.lastSelected = event.seq;
        selected.add(feed);
      }
    }
    if (selected.size > 0) this.parts.clear();
    return selected;
  }

  /**
   * Returns the events of the feed after `seq` as part of a stream. The window must cover `seq`. Subscribers of a
   * feed at the same seq share one buffer. Without it, a delivery needs 5.1 µs of CPU instead of 3.2 µs
   * (docs/decisions.md).
   */
  partAfter(seq: number, feed: Feed, size: PartSize): StreamPart {
    const key = `${feed.id} ${seq} ${size.targetBytes}`;
    return this.parts.get(key, () => takePart(this.eventsAfter(seq, feed), size));
  }

  private *eventsAfter(seq: number, feed: Feed): Generator<StreamEvent> {
    for (const segment of this.segments) yield* segment.eventsAfter(seq, feed);
  }

  private advance({ lastSeq, own }: Announcement): void {
    if (lastSeq === this.end) return;
    const isNext = own !== undefined && own.lastSeq === lastSeq && own.lastSeq - own.stored === this.end;
    this.end = lastSeq;
    // Events of another instance precede this commit, or there are too many. Subscribers read them from the store.
    if (!isNext || !this.unmatched.push(own)) this.drop();
  }

  /** Appends a matched event. Returns its size. */
  private append(event: StreamEvent, feeds: readonly Feed[]): number {
    let newest = this.segments.at(-1);
    if (!newest || newest.bytes > SEGMENT_BYTES) this.segments.push((newest = new Segment()));
    const bytes = newest.add(event, feeds);
    this.bytes += bytes;
    while (this.bytes > MAX_BYTES && this.segments.length > 1) {
      const oldest = this.segments.shift()!;
      oldest.drop();
      this.bytes -= oldest.bytes;
    }
    return bytes;
  }

  private drop(): void {
    for (const { subscribers } of this.feeds) {
      for (const subscriber of subscribers) subscriber.settle();
    }
    this.unmatched.clear();
    this.segments = [];
    this.bytes = 0;
    this.parts.clear();
    this.matched = this.start = this.end;
    this.hasGap = true;
  }
}
