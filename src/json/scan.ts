import { Buffer } from 'node:buffer';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * A number of up to 15 significant digits and an exponent of one digit survives the conversion to a double and back.
 * A longer one may not.
 */
const SAFE_LENGTH = 15;
const SAFE_EXPONENT_LENGTH = 'e+9'.length;

const DIGIT_OR_SIGN = 1;
const EXPONENT = 2;
/** The kind of each byte that can be part of a JSON number. */
const NUMBER_BYTES = new Uint8Array(256);
for (const byte of Buffer.from('0123456789.+-')) NUMBER_BYTES[byte] = DIGIT_OR_SIGN;
for (const byte of Buffer.from('eE')) NUMBER_BYTES[byte] = EXPONENT;

/** Result of one pass over the bytes of a JSON text. */
export interface JsonScan {
  /** Offsets of the numbers that a double may round: the start and the end of each, in turn. */
  readonly longNumbers: number[];
  /** Whether the nesting exceeds its maximum. The scan ends there. */
  readonly isTooDeep: boolean;
}

/** Result of a pass over a JSON array: a `JsonScan` and the elements. */
export interface ArrayScan extends JsonScan {
  /** Offset of the comma or bracket after each element, up to the maximum number of elements. */
  readonly ends: number[];
  /** Number of elements; 1 for an array without elements. */
  readonly count: number;
  /** Offset after the closing bracket; -1 if the array is not closed. */
  readonly end: number;
}

/**
 * Scans a JSON text in linear time, without validating it: JSON.parse does that. Digits in strings are not numbers.
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
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if ((byte >= ZERO && byte <= NINE) || byte === MINUS) {
      const first = at - 1;
      let exponentAt = length;
      for (; at < length; at++) {
        const kind = NUMBER_BYTES[bytes[at]!];
        if (kind === 0) break;
        if (kind === EXPONENT) exponentAt = at;
      }
      if (at - first > SAFE_LENGTH || at - exponentAt > SAFE_EXPONENT_LENGTH) longNumbers.push(first, at);
    } else if (byte === COMMA) {
      if (depth !== 1 || !isArray) continue;
      if (count <= maxElements) ends.push(at - 1);
      count++;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > maxDepth) return { longNumbers, isTooDeep: true, ends, count, end: -1 };
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--depth > 0 || !isArray) continue;
      if (count <= maxElements) ends.push(at - 1);
      return { longNumbers, isTooDeep: false, ends, count, end: byte === CLOSE_BRACKET ? at : -1 };
    }
  }
  return { longNumbers, isTooDeep: false, ends, count, end: -1 };
}

/** Returns the offset behind the closing quote of the string whose opening quote is before `at`. */
function endOfString(bytes: Uint8Array, at: number): number {
  const { length } = bytes;
  while (at < length) {
    const byte = bytes[at++];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return length;
}
