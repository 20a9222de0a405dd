import { Buffer } from 'node:buffer';
import { restoreNumbers } from '../../json/exact-numbers.js';
import { parseExact } from '../../json/parse.js';
import { scanJson } from '../../json/scan.js';

/** Longer than the beginning and the end of an exported line. */
const HEAD_BYTES = 32;
const TAIL_BYTES = 64;
const HEAD = /^\{"seq":\d+,/;
const TAIL = /,"processed_at":"[^"\\]*"\}$/;

/** Exceeds the nesting that the service accepts, so that the service reports deeper lines. */
const MAX_NESTING = 1_000;
const ASSIGNED = ['seq', 'processed_at'];
const OPEN = Buffer.from('{');
const CLOSE = Buffer.from('}');

/**
 * Removes the members that the receiving service assigns (`seq` and `processed_at`) from a line of an export. Copies the
 * bytes between them, so that the payload stays the same. Returns any line that has none of them unchanged.
 */
export function toPublishable(line: Buffer): Buffer {
  const head = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES))?.[0].length ?? 0;
  const tail = TAIL.exec(line.toString('latin1', Math.max(0, line.length - TAIL_BYTES)))?.[0].length ?? 0;
  if (head > 0 && tail > 0 && head + tail <= line.length)
    return Buffer.concat([OPEN, line.subarray(head, line.length - tail), CLOSE]);
  return ASSIGNED.some((name) => line.includes(`"${name}"`)) ? withoutAssigned(line) : line;
}

/** Handles a line that another program has written again, for example with spaces. Numbers keep their exact value. */
function withoutAssigned(line: Buffer): Buffer {
  const { longNumbers, isTooDeep } = scanJson(line, MAX_NESTING);
  if (isTooDeep) return line;
  try {
    const { value, hasOutOfRange } = parseExact(line, longNumbers);
    if (hasOutOfRange || typeof value !== 'object' || value === null || Array.isArray(value)) return line;
    const { seq: _seq, processed_at: _processedAt, ...event } = value as Record<string, unknown>;
    return Buffer.from(restoreNumbers(JSON.stringify(event)));
  } catch {
    // The service reports what is wrong with it.
    return line;
  }
}
