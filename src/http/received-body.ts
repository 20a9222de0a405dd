import { Buffer } from 'node:buffer';

const EMPTY = Buffer.alloc(0);

/** Total size of the bodies that are being received or waiting to be parsed. */
export interface Budget {
  usedBytes: number;
}

/** A completely received JSON body. Its bytes count against the budget for all bodies until they are released. */
export class ReceivedBody {
  constructor(
    private content: Buffer,
    private readonly budget: Budget,
  ) {}

  /** The body after decompression. Empty after it has been released. */
  get bytes(): Buffer {
    return this.content;
  }

  /**
   * Releases the bytes. Fastify keeps this object until the response is flushed, so the object must not keep the bytes
   * in memory.
   */
  release(): void {
    this.budget.usedBytes -= this.content.length;
    this.content = EMPTY;
  }
}
