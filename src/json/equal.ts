import { Buffer } from 'node:buffer';
import { replaceInexact } from './exact-numbers.js';
import { scanJson } from './scan.js';

/**
 * Returns whether two JSON texts are deep-equal, with numbers compared by their exact value. The order of members is
 * irrelevant. Both texts are normalized: JSON.stringify wrote them, and numbers have one spelling for each value.
 */
export function areEqualTexts(a: string, b: string): boolean {
  if (a === b) return true;
  // Normalized texts of equal values have equal lengths, because only the order of members can differ.
  return a.length === b.length && areEqual(parse(a), parse(b));
}

/** Parses a text with placeholders for inexact numbers: they are equal if the numbers are. */
function parse(text: string): unknown {
  const bytes = Buffer.from(text);
  const { longNumbers } = scanJson(bytes, Number.MAX_SAFE_INTEGER);
  return JSON.parse(
    longNumbers.length === 0 ? text : replaceInexact(bytes, 0, bytes.length, longNumbers).text,
  );
}

/** Stops at the first difference, which util.isDeepStrictEqual does not promise. */
function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((element, index) => areEqual(element, b[index] as unknown))
    );
  }
  if (Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && areEqual(memberOf(a, name), memberOf(b, name)))
  );
}

function memberOf(object: object, name: string): unknown {
  return (object as Record<string, unknown>)[name];
}
