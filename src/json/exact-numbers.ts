import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { normalizeNumber } from './number-spelling.js';

/**
 * Begins each placeholder. The 72 random bits exist only in this process, so no caller can send a string that looks like
 * one. The control character makes a placeholder an invalid name, as the number itself would be. Short, because a text
 * may have hundreds of thousands of placeholders.
 */
const PREFIX = `\\u0000${randomBytes(9).toString('base64url')}:`;
const OUT_OF_RANGE = 'out of range';
const PLACEHOLDER = new RegExp(`"${PREFIX.replace('\\', '\\\\')}([^"]*)"`, 'g');
/** A JSON number (RFC 8259, section 6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const OUT_OF_RANGE_VALUE = JSON.parse(`"${PREFIX}${OUT_OF_RANGE}"`) as string;

/** A JSON text for JSON.parse. */
export interface TextWithPlaceholders {
  readonly text: string;
  /** Whether the text has placeholders. */
  readonly hasPlaceholders: boolean;
  /** Whether the exponent of a number is beyond `MAX_EXPONENT`. */
  readonly hasOutOfRange: boolean;
}

/**
 * Decodes bytes, and replaces each number that a double would round by a placeholder. A placeholder is a string that
 * contains the exact number. JSON.parse and JSON.stringify keep it, and `restoreNumbers` puts the number
 * back. `longNumbers` has the offsets of the candidates, as found by a scan, from index `first` on.
 */
export function replaceInexact(
  bytes: Buffer,
  start: number,
  end: number,
  longNumbers: readonly number[],
  first = 0,
): TextWithPlaceholders {
  if (!(longNumbers[first]! < end)) {
    return { text: bytes.toString('utf8', start, end), hasPlaceholders: false, hasOutOfRange: false };
  }
  // One character for each byte, so that offsets stay valid. Decoding each part separately would take twice as long.
  const latin1 = bytes.toString('latin1', start, end);
  let text = '';
  let copied = 0;
  let hasOutOfRange = false;
  for (let index = first; index < longNumbers.length && longNumbers[index]! < end; index += 2) {
    const [from, to] = [longNumbers[index]! - start, longNumbers[index + 1]! - start];
    const token = latin1.substring(from, to);
    // JSON.parse of the whole text rejects an invalid number, and a number in the place of a name.
    if (!NUMBER.test(token) || isName(bytes, start + to)) break;
    const spelled = String(Number(token));
    if (spelled === token) continue;
    const exact = normalizeNumber(token);
    if (exact === spelled) continue;
    hasOutOfRange ||= exact === undefined;
    text += `${latin1.substring(copied, from)}"${PREFIX}${exact ?? OUT_OF_RANGE}"`;
    copied = to;
  }
  text += latin1.substring(copied);
  return {
    text: Buffer.from(text, 'latin1').toString('utf8'),
    hasPlaceholders: copied > 0,
    hasOutOfRange,
  };
}

/** Puts the exact numbers back into a text that JSON.stringify made of a value with placeholders. */
export function restoreNumbers(text: string): string {
  return text.replaceAll(PLACEHOLDER, '$1');
}

/** Returns the paths to the numbers of a parsed value whose exponent is out of range, at most `limit`. */
export function findOutOfRange(value: unknown, limit: number): (string | number)[][] {
  const found: (string | number)[][] = [];
  const visit = (inner: unknown, path: (string | number)[]): void => {
    if (found.length === limit) return;
    if (inner === OUT_OF_RANGE_VALUE) found.push(path);
    else if (Array.isArray(inner)) inner.forEach((element, index) => visit(element, [...path, index]));
    else if (typeof inner === 'object' && inner !== null)
      for (const [name, member] of Object.entries(inner)) visit(member, [...path, name]);
  };
  visit(value, []);
  return found;
}

/** Returns whether a colon follows, so that the token is in the place of a member name. */
function isName(bytes: Buffer, at: number): boolean {
  while (bytes[at]! <= 0x20) at++;
  return bytes[at] === 0x3a;
}
