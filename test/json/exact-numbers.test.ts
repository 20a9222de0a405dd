import fc from 'fast-check';
import { Buffer } from 'node:buffer';
import { restoreNumbers } from '../../src/json/exact-numbers.js';
import { normalizeNumber } from '../../src/json/number-spelling.js';
import { parseExact } from '../../src/json/parse.js';
import { scanJson } from '../../src/json/scan.js';
import { anyNumber, anyText } from './arbitraries.js';
import { haveEqualValues } from './decimal.js';

/** Returns the text that the service stores for a JSON text. */
function store(text: string): string {
  const bytes = Buffer.from(text);
  return restoreNumbers(JSON.stringify(parseExact(bytes, scanJson(bytes, 1_000).longNumbers).value));
}

/** A JSON value whose numbers are texts, marked by the object they are in. */
type Tree = { readonly number: string } | string | boolean | null | Tree[] | Map<string, Tree>;

const { tree: anyTree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    anyNumber.map((number) => ({ number })),
    anyText,
    fc.constantFrom(true, false, null),
    fc.array(tie('tree')),
    // A prefix keeps the order of the names: JSON.parse moves names that are whole numbers to the front.
    fc
      .array(
        fc.tuple(
          anyText.map((name) => `_${name}`),
          tie('tree'),
        ),
      )
      .map((members) => new Map(members)),
  ),
}));

/** Writes a tree as JSON text, with `space` around each token. */
function write(tree: Tree, numberOf: (number: string) => string, space: string): string {
  const inner = (value: Tree) => write(value, numberOf, space);
  let text: string;
  if (tree instanceof Map)
    text = `{${[...tree].map(([name, value]) => `${space}${JSON.stringify(name)}${space}:${inner(value)}`).join()}}`;
  else if (Array.isArray(tree)) text = `[${tree.map(inner).join()}]`;
  else if (typeof tree === 'object' && tree !== null) text = numberOf(tree.number);
  else text = JSON.stringify(tree);
  return space + text + space;
}

describe('normalizeNumber', () => {
  it('keeps the value of every number', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        expect([number, haveEqualValues(normalizeNumber(number)!, number)]).toEqual([number, true]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('has one spelling for each value, that of JSON.stringify if a double holds the value', () => {
    fc.assert(
      fc.property(anyNumber, fc.nat(5), (number, zeros) => {
        const normalized = normalizeNumber(number)!;
        const padded = /[.eE]/.test(number) ? number : `${number}.${'0'.repeat(zeros + 1)}`;
        expect([normalizeNumber(normalized), normalizeNumber(padded)]).toEqual([normalized, normalized]);
        const double = JSON.stringify(Number(number));
        if (double !== 'null' && haveEqualValues(double, number)) expect(normalized).toBe(double);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['1.0', '1'],
    ['-0', '0'],
    ['0e99999', '0'],
    ['1E3', '1000'],
    ['12345678901234567890', '12345678901234567890'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['1234567890123456789000000', '1234567890123456789000000'],
    ['1000000000000000000000', '1e+21'],
    ['0.12345678901234567891', '0.12345678901234567891'],
    ['0.0000001234567890123456789', '1.234567890123456789e-7'],
    ['1e400', '1e+400'],
    ['10e999', '1e+1000'],
    ['0.1e-999', '1e-1000'],
  ])('spells %s as %s', (number, spelling) => {
    expect(normalizeNumber(number)).toBe(spelling);
  });

  it.each(['1e1001', '10e1000', '1e-1001', '1e999999999999999999999'])('has no spelling for %s', (number) => {
    expect(normalizeNumber(number)).toBeUndefined();
  });
});

describe('a stored text', () => {
  it('has every number with its value, and everything else as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(anyTree, fc.constantFrom('', ' ', '\n\t'), (tree, space) => {
        const stored = store(write(tree, (number) => number, space));
        expect(stored).toBe(write(tree, (number) => normalizeNumber(number)!, ''));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '{12345678901234567890:1}',
    '[12345678901234567890"a"]',
    '[01234567890123456789]',
    '[1234567890123456789.]',
    '[+1234567890123456789]',
    '[.1234567890123456789]',
    '[1234567890123456789e]',
    '[1234567890123456789 1234567890123456789]',
    '[--12345678901234567]',
    '[1-12345678901234567]',
    'true12345678901234567',
  ])('does not exist for %s, which is not JSON', (text) => {
    expect(() => store(text)).toThrow(SyntaxError);
  });
});
