import type { FieldProblem } from './problem.dto.js';
import { MAX_REPORTED_ERRORS } from './problem.js';

/** A double keeps every number of up to 15 digits, so only a longer run of digits can be rounded … */
const SAFE_RUN = 15;
/** … or one whose exponent leaves the range of a double. */
const LARGE_EXPONENT = /\d[eE][+-]?\d{3}/;

/** Strings in long steps: one character at a time, a long one would be more than the engine can go back. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[[\]{},:]/g;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * The numbers of a JSON text that JSON.parse cannot keep: 12345678901234567890 would become
 * 12345678901234567000, and 1e999 null. A payload must not change in silence, so they are refused.
 * `text` must be valid JSON. Costs next to nothing unless a long run of digits or a large exponent is seen.
 */
export function inexactNumbers(text: string): FieldProblem[] {
  return hasLongRun(text) || LARGE_EXPONENT.test(text) ? findInexact(text) : [];
}

/** Looks at every 16th character: a run of 16 digits cannot hide between two looks. One behind a quote is text. */
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

/** Walks the tokens and keeps the path to each, for the pointer. */
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
        pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
        detail: `the number ${token.slice(0, 40)} would be changed to ${Number(token)}; send it as a string`,
      });
    }
    last = token;
  }
  return found;
}

/** Whether the decimal value survives the way through a double and back. */
function isExact(token: string): boolean {
  const value = Number(token);
  return Number.isFinite(value) && normal(token) === normal(String(value));
}

/** Sign, digits without zeros at either end, and the power of ten of the last one: one text for one value. */
function normal(number: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(number.replace('e+', 'e'))!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
