import { Buffer, isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { BYTE_ORDER_MARK, withoutByteOrderMark } from '../http/byte-order-mark.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const MAX_CHUNKS = 1_024;

/** A non-blank line of a stream. Has either its bytes, or a problem if it cannot be read. */
export interface Line {
  /** Line number, starting at 1. */
  readonly number: number;
  /** UTF-8, without the line break. */
  readonly bytes?: Buffer;
  readonly problem?: string;
}

/** The lines of a part of a stream. */
export interface LinesRead {
  readonly lines: readonly Line[];
  /** Size of the part in bytes, including blank lines and line breaks. */
  readonly size: number;
}

/** Thrown if a stream breaks, or if its rest is not read. */
export class BrokenStreamError extends Error {
  override readonly name = 'BrokenStreamError';

  constructor(
    /** Number of the first line that was not read. */
    readonly line: number,
    override readonly cause: Error & { statusCode?: number },
  ) {
    super(cause.message, { cause });
  }
}

/**
 * Yields the lines of a byte stream in groups, as they arrive. Skips blank lines but counts them, and skips a byte
 * order mark at the start. Buffers at most one chunk and `maxBytes` of an incomplete line. Discards the rest of a
 * longer line. Throws `BrokenStreamError` if the stream breaks.
 */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<LinesRead> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  let tooLong = false;

  const split = (bytes: Buffer): Line[] => {
    const lines: Line[] = [];
    for (let at = 0, end = 0; at <= bytes.length; at = end + 1) {
      number++;
      // Fast path for a blank line, which avoids indexOf() and a Buffer.
      if (bytes[at] === NEWLINE && !tooLong) {
        end = at;
        continue;
      }
      end = bytes.indexOf(NEWLINE, at);
      if (end < 0) end = bytes.length;
      const content = withoutCarriageReturn(bytes.subarray(at, end));
      const line = number === 1 ? withoutByteOrderMark(content) : content;
      if (tooLong || line.length > maxBytes) {
        lines.push({ number, problem: `is longer than ${maxBytes} bytes` });
      } else if (!isUtf8(line)) {
        lines.push({ number, problem: 'is not valid UTF-8' });
      } else if (!isBlank(line)) {
        lines.push({ number, bytes: line });
      }
      tooLong = false;
    }
    return lines;
  };

  // Stopping early must not destroy the stream, because the response is sent on the same connection.
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      const end = chunk.lastIndexOf(NEWLINE);
      if (end >= 0) {
        yield { lines: split(Buffer.concat([...rest, chunk.subarray(0, end)])), size };
        rest = [];
        restBytes = 0;
        size = 0;
      }
      const tail = chunk.subarray(end + 1);
      restBytes += tail.length;
      // The buffer may also contain a byte order mark and the carriage return of the line break.
      if (restBytes > maxBytes + BYTE_ORDER_MARK.length + 1) {
        tooLong = true;
        rest = [];
      } else {
        rest.push(tail);
        if (rest.length === MAX_CHUNKS) rest = [Buffer.concat(rest)];
      }
    }
  } catch (error) {
    // The incomplete line is dropped, because half a line can be valid JSON.
    throw new BrokenStreamError(number + 1, error as Error);
  }
  if (restBytes > 0) yield { lines: split(Buffer.concat(rest)), size };
}

/** Removes the carriage return of a CRLF line break. */
function withoutCarriageReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte > BLANK) return false;
  return true;
}
