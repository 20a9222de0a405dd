import { Buffer } from 'node:buffer';
import { parseJson } from './json.js';

const EMPTY = Buffer.alloc(0);

/** Total size of the bodies that are being received or wait to be parsed. */
export interface Budget {
  usedBytes: number;
}

/** A JSON body, received in full. Its bytes count against the budget for all bodies until it is parsed. */
export class ReceivedBody {
  constructor(
    private bytes: Buffer,
    private readonly budget: Budget,
  ) {}

  /** Size of the body after decompression, or 0 once it is parsed. */
  get byteLength(): number {
    return this.bytes.byteLength;
  }

  /**
   * Parses the body and releases its bytes. Call it exactly once.
   * Fastify keeps this object until the response is flushed, so it must not keep the bytes or the value.
   */
  parse(): unknown {
    const { bytes } = this;
    this.bytes = EMPTY;
    this.budget.usedBytes -= bytes.length;
    return parseJson(bytes);
  }
}
