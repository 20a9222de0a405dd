import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';

/** Maximum absolute exponent of a number. Python, PostgreSQL and arbitrary-precision libraries read it without effort. */
export const MAX_EXPONENT = 1000;

/** The shortest decimal that a double converts to has at most 17 significant digits (IEEE 754). */
const MAX_DOUBLE_DIGITS = 17;
/** JSON.stringify writes larger integers with an exponent (ECMA-262, Number::toString). */
const MAX_PLAIN_DIGITS = 21;

/**
 * Begins each placeholder. The UUID exists only in this process, so no caller can send a string that looks like one.
 * The control character makes a placeholder an invalid name, as the number itself would be.
 */
const PREFIX = `\\u0000${randomUUID()}:`;
const OUT_OF_RANGE = 'out of range';
const PLACEHOLDER = new RegExp(`"${PREFIX.replace('\\', '\\\\')}([^"]*)"`, 'g');
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
  let text = '';
  let copied = start;
  let hasOutOfRange = false;
  for (let index = first; index < longNumbers.length && longNumbers[index]! < end; index += 2) {
    const [from, to] = [longNumbers[index]!, longNumbers[index + 1]!];
    const token = bytes.toString('latin1', from, to);
    const rounded = toDouble(token);
    // JSON.parse of the whole text rejects an invalid number, and a number in the place of a name.
    if (rounded === undefined || isName(bytes, to)) break;
    if (String(rounded) === token) continue;
    const exact = normalizeNumber(token);
    if (exact === String(rounded)) continue;
    hasOutOfRange ||= exact === undefined;
    text += `${bytes.toString('utf8', copied, from)}"${PREFIX}${exact ?? OUT_OF_RANGE}"`;
    copied = to;
  }
  return {
    text: text + bytes.toString('utf8', copied, end),
    hasPlaceholders: copied !== start,
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

/**
 * Returns the canonical spelling of a JSON number, without rounding it. A value that a double holds is
 * spelled as JSON.stringify does. An integer of more than 17 digits with few trailing zeros is spelled without an
 * exponent. Many parsers read a number with an exponent as a double.
 * Returns undefined if the exponent is beyond `MAX_EXPONENT`.
 */
export function normalizeNumber(token: string): string | undefined {
  const sign = token.startsWith('-') ? '-' : '';
  const exponentAt = token.search(/[eE]/);
  const mantissa = token.slice(sign.length, exponentAt < 0 ? undefined : exponentAt);
  const exponent = exponentAt < 0 ? 0 : Number(token.slice(exponentAt + 1));
  const pointAt = mantissa.indexOf('.');
  const digits = pointAt < 0 ? mantissa : mantissa.slice(0, pointAt) + mantissa.slice(pointAt + 1);
  const wholeDigits = pointAt < 0 ? digits.length : pointAt;
  let first = 0;
  while (digits[first] === '0') first++;
  let last = digits.length;
  while (last > first && digits[last - 1] === '0') last--;
  if (first === last) return '0';
  const spelled = layOut(digits.slice(first, last), wholeDigits - first + exponent);
  return spelled && sign + spelled;
}

/** Spells 0.DIGITS × 10^point by the rules of Number::toString (ECMA-262), for any number of digits. */
function layOut(digits: string, point: number): string | undefined {
  const count = digits.length;
  const maxPlain = count > MAX_DOUBLE_DIGITS ? count + MAX_PLAIN_DIGITS : MAX_PLAIN_DIGITS;
  if (count <= point && point <= maxPlain) return digits + '0'.repeat(point - count);
  if (point > 0 && point <= maxPlain) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  if (point > -6 && point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  const exponent = point - 1;
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const fraction = count > 1 ? `.${digits.slice(1)}` : '';
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** Returns the nearest double, or undefined if the token is not a JSON number. */
function toDouble(token: string): number | undefined {
  try {
    return JSON.parse(token) as number;
  } catch {
    return undefined;
  }
}

/** Returns whether a colon follows, so that the token is in the place of a member name. */
function isName(bytes: Buffer, at: number): boolean {
  while (bytes[at]! <= 0x20) at++;
  return bytes[at] === 0x3a;
}
