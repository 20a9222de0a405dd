import type { Budget } from './received-body.js';

/** Maximum size of a body that may use the reserve. */
const SMALL_BODY_BYTES = 64 * 1024;

/**
 * Limits the memory for JSON bodies that are being received or waiting to be parsed. Has an additional reserve for
 * small bodies, so that large bodies cannot cause their rejection.
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
   * Returns the budget that has room for a body, or undefined if there is no room. If the shared budget is full, a
   * small body may use the reserve. A body is small if neither its received bytes nor its Content-Length exceed 64 KiB.
   */
  findRoom(bytes: number, contentLength: number): Budget | undefined {
    if (this.shared.usedBytes + bytes <= this.sharedBytes) return this.shared;
    const isSmall = Math.max(bytes, contentLength) <= SMALL_BODY_BYTES;
    return isSmall && this.reserve.usedBytes + bytes <= this.reserveBytes ? this.reserve : undefined;
  }
}
