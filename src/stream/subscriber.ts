import type { ServerResponse } from 'node:http';
import { type EventJson, toServerSentEvent } from '../event/event-json.js';
import type { SendBudget } from '../http/send-budget.js';
import type { EventFilter } from '../store/event-filter.js';
import type { Store } from '../store/store.js';
import type { Feed, Follower, PastEvents } from './feed.js';
import type { LiveWindow } from './live-window.js';
import { Outlet } from './outlet.js';
import { type StreamEvent, takePart } from './stream-part.js';

/** Maximum number of events in one read from the store. */
const PAGE_EVENTS = 500;
const RECONNECT_AFTER_MS = 1_000;

/** Objects that all subscribers share. */
export interface StreamContext {
  readonly window: LiveWindow;
  readonly store: Store;
  readonly budget: SendBudget;
  /** Called when a subscriber must be served. */
  readonly onReady: (subscriber: Follower) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Sends one stream to its client. Reads past events from the store in pages, and new events from the shared window.
 * Both sources use the same cursor, so no event is skipped or repeated when the stream changes from one to the other.
 * Backpressure delays the next part until the client has read the previous one.
 */
export class Subscriber implements Follower {
  private readonly outlet: Outlet;
  private readonly closed = new AbortController();
  private past: PastEvents | undefined;
  private isReading = false;
  private heartbeatIsDue = false;

  constructor(
    response: ServerResponse,
    readonly feed: Feed,
    /** The seq up to which all selected events have been sent. */
    private cursor: number,
    private readonly context: StreamContext,
  ) {
    response.on('close', () => this.closed.abort());
    this.outlet = new Outlet(response, context.budget, () => context.onReady(this));
    this.outlet.sendControl(`retry: ${RECONNECT_AFTER_MS}\n${this.position()}`);
  }

  /** Whether data that was sent to the client is still unread. */
  get isStalled(): boolean {
    return this.outlet.isStalled;
  }

  /** Number of events up to the last one that may still have to be sent. */
  get lag(): number {
    const { window } = this.context;
    return Math.max(0, window.lastSeq - window.position(this.cursor, this.feed));
  }

  /** Sends the next part if there is one and the client can take it, or reads it from the store. */
  serve(): void {
    if (this.outlet.hasEnded) return;
    if (this.heartbeatIsDue) this.sendHeartbeat();
    if (this.isReading || this.outlet.isBlocked) return;
    if (this.past) this.sendPast(this.past);
    else if (this.context.window.covers(this.cursor, this.feed)) this.sendNew();
    else void this.readPast();
  }

  /** Makes the next call of `serve` send a comment, which keeps the connection open. */
  heartbeat(): void {
    this.heartbeatIsDue = true;
    this.context.onReady(this);
  }

  settle(): void {
    this.cursor = this.context.window.position(this.cursor, this.feed);
  }

  end(): void {
    this.outlet.end();
  }

  private sendHeartbeat(): void {
    this.heartbeatIsDue = false;
    this.settle();
    this.outlet.sendControl(`: \n${this.position()}`);
  }

  /** Returns an id without data. A client that reconnects before its first event continues from this id. */
  private position(): string {
    return `id: ${this.cursor}\n\n`;
  }

  private sendNew(): void {
    if (this.feed.lastSelected <= this.cursor) return;
    const { text, seq } = this.context.window.partAfter(this.cursor, this.feed, this.outlet.partSize);
    if (!this.outlet.send(text)) return;
    this.cursor = seq;
    if (this.feed.lastSelected > seq) this.context.onReady(this);
  }

  private sendPast({ events, end }: PastEvents): void {
    this.past = undefined;
    const { text, seq } = takePart(events, this.outlet.partSize);
    if (text.length > 0 && !this.outlet.send(text)) return;
    this.cursor = seq === (events.at(-1)?.seq ?? 0) ? end : seq;
    this.context.onReady(this);
  }

  private async readPast(): Promise<void> {
    this.isReading = true;
    const { targetBytes } = this.outlet.partSize;
    try {
      this.past = await this.feed.reads.join(`${this.cursor} ${targetBytes}`, this.closed.signal, (signal) =>
        this.readAfter(this.cursor, targetBytes, signal),
      );
    } catch (error) {
      // The client reconnects with Last-Event-ID and misses no event.
      if (!this.outlet.hasEnded) this.context.onError(error as Error);
      this.end();
    }
    this.isReading = false;
    this.context.onReady(this);
  }

  private async readAfter(after: number, maxBytes: number, signal: AbortSignal): Promise<PastEvents> {
    // A read includes every event announced before it. If it returns no more events, the cursor advances to this seq.
    const announced = this.context.window.lastSeq;
    const filter: EventFilter = { ...this.feed.selection, after, order: 'asc', limit: PAGE_EVENTS, maxBytes };
    const { events, more } = await this.context.store.find(filter, { signal, patient: true });
    const last = events.at(-1)?.seq ?? 0;
    return { events: events.map(toStreamEvent), end: more ? last : Math.max(announced, last) };
  }
}

function toStreamEvent(event: EventJson): StreamEvent {
  return { seq: event.seq, text: Buffer.from(toServerSentEvent(event)) };
}
