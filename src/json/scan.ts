import { Buffer } from 'node:buffer';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;

/**
 * Maximum lengths of a number and of its exponent that guarantee an exact conversion to a double and back. A double
 * preserves 15 significant digits.
 */
const SAFE_LENGTH = 15;
const SAFE_EXPONENT_LENGTH = 'e+9'.length;

/** Kinds of bytes outside of strings. `OTHER` includes colons, white space, and the letters of true, false and null. */
const OTHER = 0;
const STRING = 1;
const DIGIT_OR_SIGN = 2;
const SEPARATOR = 3;
const OPEN = 4;
const CLOSE = 5;
/** Marks the exponent inside a number. Ignored elsewhere, because `true` and `false` also contain an e. */
const EXPONENT = 6;
const KINDS = new Uint8Array(256);
for (const [bytes, kind] of [
  ['"', STRING],
  ['0123456789.+-', DIGIT_OR_SIGN],
  [',', SEPARATOR],
  ['{[', OPEN],
  ['}]', CLOSE],
  ['eE', EXPONENT],
] as const) {
  for (const byte of Buffer.from(bytes)) KINDS[byte] = kind;
}

/** Result of one pass over the bytes of a JSON text. */
export interface JsonScan {
  /** Start and end offsets, in turn, of each number that a double may round. */
  readonly longNumbers: number[];
  /** Whether the nesting exceeds its maximum. The scan ends there. */
  readonly isTooDeep: boolean;
}

/** Result of a pass over a JSON array: a `JsonScan` and the elements. */
export interface ArrayScan extends JsonScan {
  /** Offset of the comma or bracket after each element, up to the maximum number of elements. */
  readonly ends: number[];
  /** Number of elements, or 1 for an array without elements. */
  readonly count: number;
  /** Offset after the closing bracket, or -1 if the array is not closed. */
  readonly end: number;
}

/**
 * Scans a JSON text in linear time without validating it, because JSON.parse does that. Ignores digits in strings.
 * Detects deep nesting before JSON.parse allocates an object for each level.
 */
export function scanJson(bytes: Uint8Array, maxNesting: number): JsonScan {
  return scan(bytes, 0, maxNesting, false, 0);
}

/**
 * Scans a JSON array that begins at `start`, and finds its elements. Ignores the bytes after the array. `maxNesting`
 * applies to each element.
 */
export function scanArray(
  bytes: Uint8Array,
  start: number,
  maxNesting: number,
  maxElements: number,
): ArrayScan {
  return scan(bytes, start, maxNesting + 1, true, maxElements);
}

function scan(
  bytes: Uint8Array,
  start: number,
  maxDepth: number,
  isArray: boolean,
  maxElements: number,
): ArrayScan {
  const longNumbers: number[] = [];
  const ends: number[] = [];
  const { length } = bytes;
  let count = 1;
  let depth = 0;
  let at = start;
  while (at < length) {
    const byte = bytes[at++]!;
    const kind = KINDS[byte];
    if (kind === OTHER || kind === EXPONENT) continue;
    if (kind === STRING) {
      at = endOfString(bytes, at);
    } else if (kind === DIGIT_OR_SIGN) {
      const first = at - 1;
      let exponentAt = length;
      for (; at < length; at++) {
        const part = KINDS[bytes[at]!];
        if (part === EXPONENT) exponentAt = at;
        else if (part !== DIGIT_OR_SIGN) break;
      }
      if (at - first > SAFE_LENGTH || at - exponentAt > SAFE_EXPONENT_LENGTH) longNumbers.push(first, at);
    } else if (kind === SEPARATOR) {
      if (depth !== 1 || !isArray) continue;
      if (count <= maxElements) ends.push(at - 1);
      count++;
    } else if (kind === OPEN) {
      if (++depth > maxDepth) return { longNumbers, isTooDeep: true, ends, count, end: -1 };
    } else {
      if (--depth > 0 || !isArray) continue;
      if (count <= maxElements) ends.push(at - 1);
      return { longNumbers, isTooDeep: false, ends, count, end: byte === CLOSE_BRACKET ? at : -1 };
    }
  }
  return { longNumbers, isTooDeep: false, ends, count, end: -1 };
}

/** Returns the offset after the closing quote of the string that begins before `at`. */
function endOfString(bytes: Uint8Array, at: number): number {
  for (let quote = at; ; quote++) {
    quote = bytes.indexOf(QUOTE, quote);
    if (quote < 0) return bytes.length;
    // An even number of backslashes before a quote does not escape the quote.
    let first = quote;
    while (first > at && bytes[first - 1] === BACKSLASH) first--;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
}
