import { Buffer } from 'node:buffer';

const EMPTY = Buffer.alloc(0);

/** Total size of the bodies that are being received or wait to be parsed. */
export interface Budget {
  usedBytes: number;
}

/** A JSON body, received in full. Its bytes count against the budget for all bodies until they are released. */
export class ReceivedBody {
  constructor(
    private content: Buffer,
    private readonly budget: Budget,
  ) {}

  /** The body after decompression; empty once it is released. */
  get bytes(): Buffer {
    return this.content;
  }

  /** Releases the bytes. Fastify keeps this object until the response is flushed, so it must not keep them. */
  release(): void {
    this.budget.usedBytes -= this.content.length;
    this.content = EMPTY;
  }
}
