import { Buffer, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

const NEWLINE = 10;
const MAX_CHUNKS = 1_024;

/** A line of a stream. It has a text, or a problem if it cannot be read. */
export interface Line {
  /** Number of the line, from 1. */
  readonly number: number;
  readonly text?: string;
  readonly problem?: string;
}

/** Thrown if a stream breaks or cannot be decompressed any further. */
export class BrokenStreamError extends Error {
  override readonly name = 'BrokenStreamError';

  constructor(
    /** The first line that could not be read. */
    readonly line: number,
    override readonly cause: Error & { statusCode?: number },
  ) {
    super(cause.message, { cause });
  }
}

/**
 * Yields the lines of a byte stream, as many at a time as have arrived. Skips blank lines but counts them.
 * Buffers at most one chunk and `maxBytes` of an incomplete line. Discards the rest of a longer line.
 * Throws `BrokenStreamError` if the stream breaks.
 */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<Line[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  let tooLong = false;

  const split = (bytes: Buffer): Line[] => {
    const lines: Line[] = [];
    for (let at = 0, end = 0; at <= bytes.length; at = end + 1) {
      end = bytes.indexOf(NEWLINE, at);
      if (end < 0) end = bytes.length;
      const line = bytes.subarray(at, end);
      number++;
      if (tooLong || line.length > maxBytes) {
        lines.push({ number, problem: `is longer than ${maxBytes} bytes` });
      } else if (!isUtf8(line)) {
        lines.push({ number, problem: 'is not valid UTF-8' });
      } else {
        const text = line.toString('utf8');
        if (text.trim() !== '') lines.push({ number, text });
      }
      tooLong = false;
    }
    return lines;
  };

  // Stopping early must not destroy the stream, because the response is sent on the same connection.
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) {
      const end = chunk.lastIndexOf(NEWLINE);
      if (end >= 0) {
        yield split(Buffer.concat([...rest, chunk.subarray(0, end)]));
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
    // Drops the incomplete line, because a part of a line can be valid JSON.
    throw new BrokenStreamError(number + 1, error as Error);
  }
  if (restBytes > 0) yield split(Buffer.concat(rest));
}
