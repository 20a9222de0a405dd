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

/**
 * The lines of a stream of bytes, as many at a time as have come. Blank lines count and are left out. Holds no
 * more than a chunk and `maxBytes` of a line whose end has not come; of a longer line, the rest is let go.
 */
export async function* linesOf(stream: Readable, maxBytes: number): AsyncGenerator<Line[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let number = 0;
  let tooLong = false;

  const take = (bytes: Buffer): Line[] => {
    const lines: Line[] = [];
    const valid = isUtf8(bytes);
    const texts = valid ? bytes.toString('utf8').split('\n') : bytes.toString('latin1').split('\n');
    for (const text of texts) {
      number++;
      if (tooLong) {
        tooLong = false;
        lines.push({ number, fault: `is longer than ${maxBytes} bytes` });
      } else if (text.length > 0 && text.trim() !== '') {
        if (valid || isUtf8(Buffer.from(text, 'latin1'))) {
          lines.push({ number, text: valid ? text : Buffer.from(text, 'latin1').toString('utf8') });
        } else {
          lines.push({ number, fault: 'is not valid UTF-8' });
        }
      }
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
    // What cannot be unpacked ends here; the lines before it stand.
    const { statusCode, message } = error as Error & { statusCode?: number };
    if (statusCode !== 400) throw error;
    yield [{ number: number + 1, fault: `cannot be unpacked, and ends the body: ${message}` }];
    return;
  }
  if (restBytes > 0) yield take(Buffer.concat(rest));
}
