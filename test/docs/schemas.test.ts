import fc from 'fast-check';
import { NAME } from '../../src/validation/name.js';
import { NAME_SCHEMA, TIMESTAMP_SCHEMA } from '../../src/validation/schemas.docs.js';
import { isTimestamp } from '../../src/validation/timestamp.js';

const PATTERNS = { name: NAME_SCHEMA.pattern, timestamp: TIMESTAMP_SCHEMA.pattern };

/** Syntax that all engines share: anchors, literals, classes of literals and \x escapes, groups and repetition. */
const PORTABLE =
  /^\^(?:\[\^?(?:\\x[0-9a-f]{2}|[A-Za-z0-9]|-)+\]|\((?!\?)|\)|\||\\[.+]|[*?:A-Za-z-]|\{\d+(?:,\d+)?\})+\$$/;

/** Characters that engines match differently: controls, blanks, bounds of character classes, surrogates. */
const character = fc.oneof(
  fc.constantFrom(...'\0\t\n\x1f ~\x7f\x85\x9f\xa0\xa1\u2003\u2028\ufeff\ud83dpCc{}*>', '😀'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = fc.array(character, { maxLength: 300 }).map((characters) => characters.join(''));

/** Returns whether a name consists of blanks, at least one of which the pattern does not recognise. */
const isUnicodeBlank = (name: string) => /^[\s\ufeff]*$/u.test(name) && !/^[ \xa0]*$/.test(name);

function isValidName(name: string): boolean {
  const { length } = [...name];
  return (
    length >= NAME_SCHEMA.minLength && length <= NAME_SCHEMA.maxLength && new RegExp(PATTERNS.name).test(name)
  );
}

describe('a pattern in the OpenAPI document', () => {
  it.each(Object.entries(PATTERNS))('of a %s uses only syntax that all engines share', (_, pattern) => {
    expect(pattern).toMatch(PORTABLE);
  });

  it.each(Object.entries(PATTERNS))('of a %s matches the same texts with the flags u and v', (_, pattern) => {
    const [plain, ...others] = ['', 'u', 'v'].map((flags) => new RegExp(pattern, flags));
    fc.assert(
      fc.property(text, (name) => others.every((expression) => expression.test(name) === plain!.test(name))),
    );
  });

  it('of a name accepts every valid name, and of the invalid ones only surrogates and Unicode blanks', () => {
    fc.assert(
      fc.property(text, (name) =>
        NAME.test(name)
          ? isValidName(name)
          : !isValidName(name) || /\p{Cs}/u.test(name) || isUnicodeBlank(name),
      ),
      { numRuns: 2_000 },
    );
  });

  it('of a timestamp accepts every timestamp that the service accepts', () => {
    const timestamp = fc
      .tuple(
        fc.date({ noInvalidDate: true, min: new Date('0001-01-01Z'), max: new Date('9999-12-31Z') }),
        fc.constantFrom('T', 't'),
        fc.constantFrom('', '.1', '.123456789'),
        fc.constantFrom('', 'Z', 'z', '+01:00', '-23:59'),
      )
      .map(([date, t, fraction, offset]) => {
        const [day, time] = date.toISOString().split('T') as [string, string];
        return `${day}${t}${time.slice(0, 8)}${fraction}${offset}`;
      });
    const pattern = new RegExp(PATTERNS.timestamp);
    fc.assert(fc.property(timestamp, (value) => isTimestamp(value) && pattern.test(value)));
    for (const wrong of [
      '',
      '2026-01-31',
      '2026-01-31 12:00:00Z',
      '2026-01-31T12:00Z',
      ' 2026-01-31T12:00:00Z',
    ])
      expect([wrong, pattern.test(wrong)]).toEqual([wrong, false]);
  });
});
