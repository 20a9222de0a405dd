import type { ServerResponse } from 'node:http';
import type { SendBudget } from '../http/send-budget.js';
import type { PartSize } from './stream-part.js';

/** Maximum size of a read from the store. Also the maximum size of a write, unless a single event is larger. */
const PAGE_BYTES = 64 * 1024;
/** Unread bytes that a stream may have without a reservation. Streams progress even if stalled ones fill the budget. */
const UNRESERVED_BYTES = 16 * 1024;

const PAGE: PartSize = { targetBytes: PAGE_BYTES, maxBytes: Infinity };
const SMALL_PART: PartSize = { targetBytes: UNRESERVED_BYTES, maxBytes: UNRESERVED_BYTES };

/**
 * Writes the response of one stream. A large write reserves its bytes in the budget of all responses until the client
 * has read them. If the budget has no room, the stream continues in small parts and sends each part after the client
 * has read the previous one. Only an event that is larger than a small part waits for room. A client that reads too
 * slowly is disconnected if other responses need the room.
 */
export class Outlet {
  /** Whether the next write must wait until the client has read the previous one. */
  private stalled = false;
  private reservedBytes = 0;
  /** Bytes that were reserved for the next part after a wait for room. 0 if there was no wait. */
  private grantedBytes = 0;
  private sendsSmallParts = false;
  private stopWaiting: (() => void) | undefined;
  /** Ends the limit of the time in which the client reads the reserved bytes. */
  private endLimit: (() => void) | undefined;
  private readonly onFlushed = () => this.flushed();

  constructor(
    private readonly response: ServerResponse,
    private readonly budget: SendBudget,
    /** Called when the next part can be sent. */
    private readonly onReady: () => void,
  ) {
    // A disconnect also emits `close`, which ends the stream.
    response.on('error', () => {});
    response.on('close', () => this.close());
  }

  /** Whether data that was sent to the client is still unread. */
  get isStalled(): boolean {
    return this.stalled;
  }

  /** Whether no part can be sent now. `onReady` is called when one can be sent, unless the stream has ended. */
  get isBlocked(): boolean {
    return this.stalled || this.stopWaiting !== undefined || this.hasEnded;
  }

  get hasEnded(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  /** The size of the next part. */
  get partSize(): PartSize {
    const { grantedBytes } = this;
    if (grantedBytes > 0) return { targetBytes: grantedBytes, maxBytes: grantedBytes };
    return this.sendsSmallParts ? SMALL_PART : PAGE;
  }

  /** Sends a part of `partSize`. Returns false if there is no room. The caller must build it again in `onReady`. */
  send(text: Buffer): boolean {
    if (!this.takeRoom(text.length)) return false;
    this.write(text);
    return true;
  }

  /** Sends a few bytes, or drops them while the client is stalled. */
  sendControl(text: string): void {
    if (!this.stalled) this.write(text);
  }

  end(): void {
    this.stopWaiting?.();
    this.response.end();
  }

  private write(text: string | Buffer): void {
    if (!this.hasEnded && !this.response.write(text, this.onFlushed)) this.stalled = true;
  }

  private takeRoom(bytes: number): boolean {
    const unreadBytes = this.response.writableLength;
    if (this.grantedBytes > 0) this.useGrant(bytes);
    else if (unreadBytes + bytes <= UNRESERVED_BYTES) {
      this.sendsSmallParts &&= !this.budget.hasRoomFor(PAGE_BYTES);
      this.stalled = this.sendsSmallParts;
    } else if (this.budget.hasRoomFor(bytes) && this.budget.reserve(bytes)) this.hold(bytes);
    else {
      this.waitForRoom(unreadBytes, bytes);
      return false;
    }
    return true;
  }

  private useGrant(bytes: number): void {
    const surplusBytes = this.grantedBytes - bytes;
    this.grantedBytes = 0;
    this.hold(bytes);
    this.budget.release(surplusBytes);
  }

  private hold(bytes: number): void {
    this.reservedBytes += bytes;
    this.endLimit ??= this.budget.limitTime(bytes, () => this.response.destroy());
  }

  private waitForRoom(unreadBytes: number, bytes: number): void {
    if (!this.sendsSmallParts) {
      this.sendsSmallParts = true;
      this.onReady();
    } else if (unreadBytes > 0) this.stalled = true;
    else this.stopWaiting = this.budget.reserveWhenFree(bytes, () => this.grant(bytes));
  }

  private grant(bytes: number): void {
    this.stopWaiting = undefined;
    this.grantedBytes = bytes;
    this.onReady();
  }

  private flushed(): void {
    if (this.response.writableLength > 0) return;
    this.releaseReserved();
    if (!this.stalled || this.hasEnded) return;
    this.stalled = false;
    this.onReady();
  }

  private close(): void {
    this.stopWaiting?.();
    this.reservedBytes += this.grantedBytes;
    this.grantedBytes = 0;
    this.releaseReserved();
  }

  private releaseReserved(): void {
    const bytes = this.reservedBytes;
    this.reservedBytes = 0;
    this.endLimit?.();
    this.endLimit = undefined;
    if (bytes > 0) this.budget.release(bytes);
  }
}
