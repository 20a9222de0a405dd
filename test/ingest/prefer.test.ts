import fc from 'fast-check';
import { readPrefer } from '../../src/ingest/prefer.js';

const anyToken = fc
  .stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/)
  .filter((token) => !/^(respond-async|return)$/i.test(token));
const anyOther = fc
  .tuple(anyToken, fc.option(anyToken), fc.option(anyToken))
  .map(
    ([name, value, parameter]) => `${name}${value ? `=${value}` : ''}${parameter ? `; ${parameter}=1` : ''}`,
  );

const inAnyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      [...text].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter)).join(''),
    );

describe('a Prefer header', () => {
  it('is parsed in any letter case, in any order and among any other preferences', () => {
    const known = {
      respondAsync: inAnyCase('respond-async'),
      minimal: fc.oneof(inAnyCase('return=minimal'), fc.constantFrom('return="minimal"', 'return = minimal')),
    };
    const anyHeader = fc
      .tuple(fc.option(known.respondAsync), fc.option(known.minimal), fc.array(anyOther, { maxLength: 4 }))
      .chain(([respondAsync, minimal, others]) => {
        const preferences = [respondAsync, minimal, ...others].filter((preference) => preference !== null);
        return fc.record({
          header: fc
            .shuffledSubarray(preferences, { minLength: preferences.length })
            .chain((order) => fc.constantFrom(',', ', ', ' ,\t').map((comma) => order.join(comma))),
          expected: fc.constant({ respondAsync: respondAsync !== null, minimal: minimal !== null }),
        });
      });
    fc.assert(
      fc.property(anyHeader, ({ header, expected }) => {
        expect([header, readPrefer(header)]).toEqual([header, expected]);
      }),
    );
  });

  it.each([
    undefined,
    '',
    'wait=10',
    'return=representation',
    'respond-asynchronously',
    'x=respond-async',
    'foo; respond-async',
    ['respond-async', 'return=minimal'],
  ])('without a supported preference has no effect: %j', (header) => {
    expect(readPrefer(header)).toEqual({ respondAsync: false, minimal: false });
  });
});
