import type { Budget } from './received-body.js';

/** Maximum size of a body that may use the reserve. */
const SMALL_BODY_BYTES = 64 * 1024;

/**
 * The memory for JSON bodies that are being received or wait to be parsed. Has a reserve for small bodies in addition,
 * so that large bodies cannot keep them out.
 */
export class ReceiveBudget {
  readonly shared: Budget = { usedBytes: 0 };
  private readonly reserve: Budget = { usedBytes: 0 };

  constructor(
    private readonly sharedBytes: number,
    private readonly reserveBytes: number,
  ) {}

  /** Returns the bytes of the bodies in both parts. */
  get used(): number {
    return this.shared.usedBytes + this.reserve.usedBytes;
  }

  /**
   * Returns the part that has room for a body: the shared one or, if that is full and the body is small, the reserve.
   * A body is small if neither its received bytes nor its Content-Length exceeds 64 KiB. Returns undefined if there is no room.
   */
  findRoom(bytes: number, contentLength: number): Budget | undefined {
    if (this.shared.usedBytes + bytes <= this.sharedBytes) return this.shared;
    const isSmall = Math.max(bytes, contentLength) <= SMALL_BODY_BYTES;
    return isSmall && this.reserve.usedBytes + bytes <= this.reserveBytes ? this.reserve : undefined;
  }
}
