import type { ServerResponse } from 'node:http';
import { toServerSentEvent } from '../event/event-json.js';
import type { EventSelection } from '../event/selection.js';
import type { Store } from '../store/store.js';
import type { LiveWindow } from './live-window.js';

/** Size in bytes at which a read from the store ends. Also bounds the memory of a stalled client. */
const PAGE_BYTES = 64 * 1024;
const PAGE_EVENTS = 500;
const RECONNECT_AFTER_MS = 1_000;

/**
 * Sends one stream. Past events come from the store, in pages, and new events from the shared window. Both use the
 * same cursor, so no event is skipped or repeated in between. Backpressure delays the next page until the client has
 * read the previous one.
 */
export class Subscriber {
  /** Whether the write buffer is full. Cleared by `drain`. */
  stalled = false;
  private catchingUp = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly selection: EventSelection,
    /** The seq up to which all selected events have been sent. */
    private cursor: number,
    private readonly window: LiveWindow,
    private readonly store: Store,
    private readonly onError: (error: Error) => void,
  ) {
    response.on('drain', () => {
      this.stalled = false;
      this.wake();
    });
    // A disconnect also emits `close`, which ends the stream.
    response.on('error', () => {});
    response.write(`retry: ${RECONNECT_AFTER_MS}\n${this.position()}`);
  }

  /** Sends events until the client stalls or has received all of them. */
  wake(): void {
    if (this.catchingUp || this.stalled || this.hasEnded()) return;
    if (this.window.covers(this.cursor)) this.sendNew();
    else void this.catchUp();
  }

  heartbeat(): void {
    if (!this.stalled) this.send(`: \n${this.position()}`);
  }

  end(): void {
    this.response.end();
  }

  /** Returns an id without data. A client that reconnects before its first event continues from this id. */
  private position(): string {
    return `id: ${this.cursor}\n\n`;
  }

  private async catchUp(): Promise<void> {
    this.catchingUp = true;
    try {
      await this.sendPast();
    } catch (error) {
      // The client reconnects with Last-Event-ID and misses nothing.
      this.onError(error as Error);
      this.end();
    }
    this.catchingUp = false;
    this.wake();
  }

  private sendNew(): void {
    while (!this.stalled && this.cursor < this.window.lastSeq) {
      const { text, seq } = this.window.textAfter(this.cursor, this.selection, PAGE_BYTES);
      this.cursor = seq;
      if (text.length > 0) this.send(text);
    }
  }

  private async sendPast(): Promise<void> {
    // A read includes every event announced before it. If it returns no more events, the cursor advances to this seq.
    const announced = this.window.lastSeq;
    const { events, more } = await this.store.find({
      ...this.selection,
      after: this.cursor,
      order: 'asc',
      limit: PAGE_EVENTS,
      maxBytes: PAGE_BYTES,
    });
    this.cursor = more ? events.at(-1)!.seq : Math.max(announced, events.at(-1)?.seq ?? 0);
    if (events.length > 0) this.send(events.map(toServerSentEvent).join(''));
  }

  private send(text: string | Buffer): void {
    if (!this.hasEnded()) this.stalled = !this.response.write(text);
  }

  private hasEnded(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }
}
