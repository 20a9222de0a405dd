import type { ServerResponse } from 'node:http';
import type { EventSelection } from '../event/selection.js';
import type { Store } from '../store/store.js';
import type { LiveWindow } from './live-window.js';
import { toServerSentEvent } from '../event/event-json.js';

/** Of one read from the store, and so of what waits for a client that does not read. */
const PAGE_BYTES = 64 * 1024;
const PAGE_EVENTS = 500;
const RECONNECT_AFTER_MS = 1_000;

/**
 * One open stream: the past from the store, page by page, then what is new from the shared window. It moves by
 * its own cursor, so there is no seam at which an event could be skipped or sent twice, and it is given no more
 * than one page before the client has read the last one.
 */
export class Subscriber {
  private busy = false;
  /** Whether the client has yet to read what it was sent. */
  full = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly selection: EventSelection,
    private cursor: number,
    private readonly window: LiveWindow,
    private readonly store: Store,
    private readonly onError: (error: Error) => void,
  ) {
    response.on('drain', () => {
      this.full = false;
      this.wake();
    });
    // Whoever leaves is noticed by `close`.
    response.on('error', () => {});
    response.write(`retry: ${RECONNECT_AFTER_MS}\n${this.position()}`);
  }

  /** Sends what there is to send, as far as the client reads. */
  wake(): void {
    if (this.busy || this.full || this.response.writableEnded || this.response.destroyed) return;
    if (this.window.reaches(this.cursor)) {
      this.sendNew();
      return;
    }
    void this.catchUp();
  }

  heartbeat(): void {
    if (!this.full) this.send(`: \n${this.position()}`);
  }

  /** An id without data: a client that has not been sent an event yet comes back to where it began all the same. */
  private position(): string {
    return `id: ${this.cursor}\n\n`;
  }

  end(): void {
    this.response.end();
  }

  private async catchUp(): Promise<void> {
    this.busy = true;
    try {
      await this.sendPast();
    } catch (error) {
      // The client comes back with Last-Event-ID and misses nothing.
      this.onError(error as Error);
      this.end();
    }
    this.busy = false;
    this.wake();
  }

  private sendNew(): void {
    while (!this.full && this.cursor < this.window.lastSeq) {
      const { text, seq } = this.window.textAfter(this.cursor, this.selection, PAGE_BYTES);
      this.cursor = seq;
      if (text.length > 0) this.send(text);
    }
  }

  private async sendPast(): Promise<void> {
    // Whatever was announced before the read is seen by it: if it finds no more, the cursor may go that far.
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
    if (this.response.writableEnded || this.response.destroyed) return;
    this.full = !this.response.write(text);
  }
}
