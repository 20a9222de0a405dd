const QUOTE = '"'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const OPEN_BRACKET = '['.charCodeAt(0);
const CLOSE_BRACKET = ']'.charCodeAt(0);
const OPEN_BRACE = '{'.charCodeAt(0);
const CLOSE_BRACE = '}'.charCodeAt(0);

/**
 * Returns whether two JSON texts are deep-equal, with numbers compared by their exact value. The order of members is
 * irrelevant. Both texts must be normalized, which means that JSON.stringify wrote them and numbers have one spelling
 * for each value.
 *
 * Compares the texts without parsing them, which takes a fifth of the time. The writer compares payloads in its
 * transaction.
 */
export function areEqualTexts(a: string, b: string): boolean {
  if (a === b) return true;
  // Normalized texts of equal values have equal lengths, because only the order of members can differ.
  return a.length === b.length && areEqual(new JsonText(a), 0, new JsonText(b), 0);
}

/** Compares the values that begin at two offsets. */
function areEqual(a: JsonText, atA: number, b: JsonText, atB: number): boolean {
  const endA = a.endOf(atA);
  const endB = b.endOf(atB);
  if (endA - atA !== endB - atB) return false;
  if (a.text.substring(atA, endA) === b.text.substring(atB, endB)) return true;
  const first = a.text.charCodeAt(atA);
  if (first !== b.text.charCodeAt(atB)) return false;
  if (first === OPEN_BRACKET) return areEqualArrays(a, atA + 1, endA, b, atB + 1);
  // Strings, numbers and literals with different texts are different values.
  return first === OPEN_BRACE && areEqualObjects(a, atA + 1, endA, b, atB + 1, endB);
}

/** Compares two arrays whose texts have the same length. */
function areEqualArrays(a: JsonText, atA: number, endA: number, b: JsonText, atB: number): boolean {
  for (; atA < endA; atA = a.endOf(atA) + 1, atB = b.endOf(atB) + 1) {
    if (!areEqual(a, atA, b, atB)) return false;
  }
  return true;
}

/** Compares two objects whose texts have the same length. */
function areEqualObjects(
  a: JsonText,
  atA: number,
  endA: number,
  b: JsonText,
  atB: number,
  endB: number,
): boolean {
  const members = new Map<string, number>();
  for (; atB < endB;) {
    const colon = b.endOf(atB);
    members.set(b.text.substring(atB, colon), colon + 1);
    atB = b.endOf(colon + 1) + 1;
  }
  for (; atA < endA;) {
    const colon = a.endOf(atA);
    const valueB = members.get(a.text.substring(atA, colon));
    if (valueB === undefined || !areEqual(a, colon + 1, b, valueB)) return false;
    atA = a.endOf(colon + 1) + 1;
  }
  // Each member of the first object is in the second. The lengths are equal, so the second has no other members.
  return true;
}

/** A normalized JSON text with an index of the end of each string, array and object. */
class JsonText {
  /** Maps the offset of each string, array and object to the offset after it. */
  private readonly ends: Int32Array;

  constructor(readonly text: string) {
    this.ends = new Int32Array(text.length);
    const open: number[] = [];
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char === QUOTE) {
        const start = at++;
        for (; text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
        this.ends[start] = at + 1;
      } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
        open.push(at);
      } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
        this.ends[open.pop()!] = at + 1;
      }
    }
  }

  /** Returns the offset after the value that begins at an offset. */
  endOf(at: number): number {
    const end = this.ends[at];
    if (end) return end;
    // The value is a number, true, false or null.
    let last = at;
    for (; last < this.text.length; last++) {
      const char = this.text.charCodeAt(last);
      if (char === COMMA || char === CLOSE_BRACKET || char === CLOSE_BRACE) break;
    }
    return last;
  }
}
