import fc from 'fast-check';

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));

/** Any JSON number as text, often one that a double rounds, with an exponent that is not out of range. */
export const anyNumber = fc
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
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(900).map(String))
        .map((parts) => parts.join('')),
    ),
  })
  .map(({ sign, whole, decimals, exponent }) => `${sign}${whole}${decimals}${exponent}`);

/** Text that contains what a scanner could take for numbers, names or the end of a string. */
export const anyText = fc.oneof(
  anyNumber,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('":', '\\', '"1e999'),
);
