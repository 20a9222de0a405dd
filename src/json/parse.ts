import type { Buffer } from 'node:buffer';
import { replaceInexact } from './exact-numbers.js';

/** A parsed JSON text in which placeholders replace the numbers that a double would round. */
export interface ParsedJson {
  readonly value: unknown;
  /** Whether the value has placeholders. If so, pass its JSON text to `restoreNumbers`. */
  readonly hasPlaceholders: boolean;
  /** Whether the value has numbers whose exponent is out of range. `findOutOfRange` returns their paths. */
  readonly hasOutOfRange: boolean;
}

/** Parses a JSON text. `longNumbers` is the result of its scan. Throws `SyntaxError`. */
export function parseExact(bytes: Buffer, longNumbers: readonly number[]): ParsedJson {
  if (longNumbers.length === 0) return plain(bytes.toString('utf8'));
  const { text, ...found } = replaceInexact(bytes, 0, bytes.length, longNumbers);
  return { value: JSON.parse(text), ...found };
}

/** Parses the elements between two offsets of a JSON array. Uses the items of `longNumbers` from index `first` on. */
export function parseElements(
  bytes: Buffer,
  start: number,
  end: number,
  longNumbers: readonly number[],
  first: number,
): ParsedJson {
  const { text, ...found } = replaceInexact(bytes, start, end, longNumbers, first);
  return { value: JSON.parse(`[${text}]`), ...found };
}

function plain(text: string): ParsedJson {
  return { value: JSON.parse(text), hasPlaceholders: false, hasOutOfRange: false };
}
