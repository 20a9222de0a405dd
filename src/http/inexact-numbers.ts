import type { FieldProblem } from './problem.dto.js';
import { jsonPointer, MAX_REPORTED_ERRORS } from './problem.js';

/** A number of up to 15 significant digits survives the conversion to a double and back. A longer one may not. */
const SAFE_RUN = 15;
/** An exponent of three digits can leave the range of a double. */
const LARGE_EXPONENT = /\d[eE][+-]?\d{3}/;
const MAX_QUOTED_DIGITS = 40;

/** Matches one token. Consumes strings in long steps, because single steps overflow the stack of the regexp engine. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[[\]{},:]/g;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Finds the numbers of a valid JSON text that JSON.parse would round: 12345678901234567890 would become
 * 12345678901234567000, and 1e999 null. They are rejected, because a payload must not change silently.
 * Costs almost nothing unless the text has a long run of digits or a large exponent.
 */
export function inexactNumbers(text: string): FieldProblem[] {
  return hasLongRun(text) || LARGE_EXPONENT.test(text) ? findInexact(text) : [];
}

/**
 * Returns whether the text has more than 15 digits or points in a row, outside of strings that begin with them.
 * Samples every 16th character, which every such run contains.
 */
function hasLongRun(text: string): boolean {
  for (let at = SAFE_RUN; at < text.length; at += SAFE_RUN + 1) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    let start = at;
    let end = at;
    while (start > 0 && isDigitOrPoint(text.charCodeAt(start - 1))) start--;
    while (end < text.length && isDigitOrPoint(text.charCodeAt(end))) end++;
    if (end - start > SAFE_RUN && text[start - 1] !== '"') return true;
  }
  return false;
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}

/** Walks the tokens. Tracks the path to each, for the pointer. */
function findInexact(text: string): FieldProblem[] {
  const found: FieldProblem[] = [];
  const path: (string | number)[] = [];
  const tokens = text.matchAll(TOKEN);
  let last = '';
  for (const [token] of tokens) {
    const first = token[0]!;
    if (first === '[') path.push(0);
    else if (first === '{') path.push('');
    else if (first === ']' || first === '}') path.pop();
    else if (first === ',' && typeof path.at(-1) === 'number')
      path[path.length - 1] = Number(path.at(-1)) + 1;
    else if (first === ':') path[path.length - 1] = JSON.parse(last) as string;
    else if (first !== '"' && first !== ',' && !isExact(token) && found.length < MAX_REPORTED_ERRORS) {
      found.push({
        pointer: jsonPointer(path),
        detail: `the number ${token.slice(0, MAX_QUOTED_DIGITS)} would be changed to ${Number(token)}; send it as a string`,
      });
    }
    last = token;
  }
  return found;
}

/** Returns whether the decimal value survives the conversion to a double and back. */
function isExact(token: string): boolean {
  const value = Number(token);
  return Number.isFinite(value) && normalize(token) === normalize(String(value));
}

/** Returns the canonical text of a decimal value: sign, digits without zeros at either end, and the exponent of the last digit. */
function normalize(number: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(number.replace('e+', 'e'))!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
