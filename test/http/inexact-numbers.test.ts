import fc from 'fast-check';
import { inexactNumbers } from '../../src/http/inexact-numbers.js';

/** Returns the exact value of a JSON number as a fraction of integers. Slow. */
function fractionOf(number: string): readonly [numerator: bigint, denominator: bigint] {
  const [, sign, whole, decimals = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(-?\d+))?$/.exec(
    number,
  )!;
  const digits = BigInt(`${sign}${whole}${decimals}`);
  const power = Number(exponent) - decimals.length;
  return power >= 0 ? [digits * 10n ** BigInt(power), 1n] : [digits, 10n ** BigInt(-power)];
}

/** Returns whether JSON.parse keeps the value. Independent of the code under test. */
function isKept(number: string): boolean {
  const parsed = JSON.parse(number) as number;
  if (!Number.isFinite(parsed)) return false;
  const [numerator, denominator] = fractionOf(number);
  const [keptNumerator, keptDenominator] = fractionOf(String(parsed));
  return numerator * keptDenominator === keptNumerator * denominator;
}

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));
const anyNumber = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constantFrom('0', '9007199254740992', '9007199254740993', '1', '12345678901234567890'),
      fc.tuple(fc.integer({ min: 1, max: 9 }), digits(0, 24)).map(([first, rest]) => `${first}${rest}`),
    ),
    decimals: fc.oneof(
      fc.constant(''),
      digits(1, 24).map((text) => `.${text}`),
    ),
    exponent: fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), digits(1, 3))
        .map((parts) => parts.join('')),
    ),
  })
  .map(({ sign, whole, decimals, exponent }) => `${sign}${whole}${decimals}${exponent}`);

describe('inexactNumbers', () => {
  it('finds exactly the numbers whose value JSON.parse does not keep', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        const found = inexactNumbers(`{"payload":{"a":[1,${number}]}}`).map(({ pointer }) => pointer);
        expect([number, found]).toEqual([number, isKept(number) ? [] : ['/payload/a/1']]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds nothing in strings and names, regardless of their content', () => {
    const anyText = fc.oneof(anyNumber, fc.string({ unit: 'binary' }), fc.constantFrom('":', '\\', '"1e999'));
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), (payload) => {
        expect(inexactNumbers(JSON.stringify({ payload }))).toEqual([]);
      }),
    );
  });

  it('returns the JSON pointer of the number at any depth', () => {
    const anyName = fc.string({ unit: 'binary', maxLength: 20 });
    const anyPath = fc.array(fc.oneof(anyName, fc.nat(20)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyPath, (path) => {
        const text = path.reduceRight<string>(
          (inner, step) =>
            typeof step === 'number'
              ? `[${'{"b":2},'.repeat(step)}${inner}]`
              : `{"first":[1],${JSON.stringify(step)}:${inner}}`,
          '1e999',
        );
        const pointer = path
          .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
          .join('');
        expect(inexactNumbers(text).map((problem) => problem.pointer)).toEqual([pointer]);
      }),
    );
  });
});
