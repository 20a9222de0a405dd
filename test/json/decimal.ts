/** The decimal value of a JSON number as a fraction of integers: exact, slow, and independent of the code under test. */
export function fractionOf(number: string): readonly [numerator: bigint, denominator: bigint] {
  const [, sign, whole, decimals = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(-?\d+))?$/.exec(
    number,
  )!;
  const digits = BigInt(`${sign}${whole}${decimals}`);
  const power = Number(exponent) - decimals.length;
  return power >= 0 ? [digits * 10n ** BigInt(power), 1n] : [digits, 10n ** BigInt(-power)];
}

/** Returns whether two JSON numbers have the same decimal value. */
export function haveEqualValues(a: string, b: string): boolean {
  const [numerator, denominator] = fractionOf(a);
  const [otherNumerator, otherDenominator] = fractionOf(b);
  return numerator * otherDenominator === otherNumerator * denominator;
}
