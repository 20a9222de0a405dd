/**
 * Maximum absolute exponent of a number. Python, PostgreSQL and arbitrary-precision libraries can read such numbers at
 * low cost.
 */
export const MAX_EXPONENT = 1000;

/** Maximum number of significant digits in the shortest decimal form of a double (IEEE 754). */
const MAX_DOUBLE_DIGITS = 17;
/**
 * Maximum number of digits of an integer that JSON.stringify writes without an exponent (ECMA-262, Number::toString).
 */
const MAX_PLAIN_DIGITS = 21;

/**
 * Returns the canonical spelling of a JSON number, without rounding it. A value that a double can represent is spelled
 * as JSON.stringify spells it. An integer of more than 17 digits with few trailing zeros is spelled without an
 * exponent, because many parsers read a number with an exponent as a double. Returns undefined if the exponent is
 * beyond `MAX_EXPONENT`.
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
