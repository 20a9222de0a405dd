import { Buffer, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

const NEWLINE = 10;
const MAX_CHUNKS = 1_024;

/** A line of a stream; without text where it cannot be read. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text?: string;
  readonly fault?: string;
}

/** The stream broke, or cannot be unpacked any further. */
export class BrokenStreamError extends Error {
  override readonly name = 'BrokenStreamError';

  constructor(
    /** The first one that could not be read. */
    readonly line: number,
    override readonly cause: Error & { statusCode?: number },
  ) {
    super(cause.message, { cause });
  }
}

/**
 * The lines of a stream of bytes, as many at a time as have come. Blank lines count and are left out. Holds no
 * more than a chunk and `maxBytes` of a line whose end has not come; of a longer line, the rest is let go.
 * Throws `BrokenStreamError` where the stream ends before its end.
 */
export async function* linesOf(stream: Readable, maxBytes: number): AsyncGenerator<Line[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  let tooLong = false;

  const take = (bytes: Buffer): Line[] => {
    const lines: Line[] = [];
    for (let at = 0, end = 0; at <= bytes.length; at = end + 1) {
      end = bytes.indexOf(NEWLINE, at);
      if (end < 0) end = bytes.length;
      const line = bytes.subarray(at, end);
      number++;
      if (tooLong || line.length > maxBytes) {
        lines.push({ number, fault: `is longer than ${maxBytes} bytes` });
      } else if (!isUtf8(line)) {
        lines.push({ number, fault: 'is not valid UTF-8' });
      } else {
        const text = line.toString('utf8');
        if (text.trim() !== '') lines.push({ number, text });
      }
      tooLong = false;
    }
    return lines;
  };

  // Not destroyed when reading ends early: the sender is still to be answered.
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) {
      const end = chunk.lastIndexOf(NEWLINE);
      if (end >= 0) {
        yield take(Buffer.concat([...rest, chunk.subarray(0, end)]));
        rest = [];
        restBytes = 0;
      }
      const tail = chunk.subarray(end + 1);
      restBytes += tail.length;
      if (restBytes > maxBytes) {
        tooLong = true;
        rest = [];
      } else {
        rest.push(tail);
        if (rest.length === MAX_CHUNKS) rest = [Buffer.concat(rest)];
      }
    }
  } catch (error) {
    // A line whose end has not come may be half a line.
    throw new BrokenStreamError(number + 1, error as Error);
  }
  if (restBytes > 0) yield take(Buffer.concat(rest));
}
