import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { normalizeNumber } from './number-spelling.js';

/**
 * Prefix of each placeholder. The 72 random bits exist only in this process, so callers cannot forge a placeholder. The
 * control character makes a placeholder an invalid topic, event_id or source, just as the number itself would be. The
 * prefix is short, because a text may have hundreds of thousands of placeholders.
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
 * contains the exact number. JSON.parse and JSON.stringify preserve it, and `restoreNumbers` replaces it by the number.
 * `longNumbers` contains the offsets of the candidates that a scan found. Only its items from index `first` on are
 * used.
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
  // Latin-1 has one character for each byte, so the offsets remain valid. Decoding each part separately would take
  // twice as long.
  const latin1 = bytes.toString('latin1', start, end);
  let text = '';
  let copied = 0;
  let hasOutOfRange = false;
  for (let index = first; index < longNumbers.length && longNumbers[index]! < end; index += 2) {
    const [from, to] = [longNumbers[index]! - start, longNumbers[index + 1]! - start];
    const token = latin1.substring(from, to);
    // JSON.parse rejects a text with an invalid number, or with a number in the place of a member name.
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

/** Replaces the placeholders by the exact numbers in a text that JSON.stringify created. */
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

/** Returns whether a colon follows, which means that the token is in the place of a member name. */
function isName(bytes: Buffer, at: number): boolean {
  while (bytes[at]! <= 0x20) at++;
  return bytes[at] === 0x3a;
}
