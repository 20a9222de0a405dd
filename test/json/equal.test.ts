import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { areEqualTexts } from '../../src/json/equal.js';
import { parseExact } from '../../src/json/parse.js';
import { scanJson } from '../../src/json/scan.js';

/** Returns a copy whose members are in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value).toReversed()) {
    // An assignment to __proto__ would set the prototype.
    Object.defineProperty(copy, name, { value: reversed(member), enumerable: true, writable: true });
  }
  return copy;
}

describe('areEqualTexts', () => {
  it('finds a value equal to itself with its members in another order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(areEqualTexts(JSON.stringify(value), JSON.stringify(reversed(value)))).toBe(true);
      }),
    );
  });

  it('agrees with util.isDeepStrictEqual on small values', () => {
    const small = fc.jsonValue({ maxDepth: 1 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
        const expected = isDeepStrictEqual(JSON.parse(textA), JSON.parse(textB));
        expect([textA, textB, areEqualTexts(textA, textB)]).toEqual([textA, textB, expected]);
      }),
    );
  });

  it.each<[string, string, boolean]>([
    ['{"a":12345678901234567890,"b":1}', '{"b":1,"a":12345678901234567890}', true],
    ['{"a":12345678901234567890,"b":1}', '{"b":1,"a":12345678901234567891}', false],
    ['{"a":1e+400,"b":1}', '{"b":1,"a":1e+401}', false],
    ['{"a":1,"b":"12345678901234567890"}', '{"b":"12345678901234567890","a":1}', true],
    ['{"a":[1,2]}', '{"a":[2,1]}', false],
    ['{"a":[]}', '{"a":{}}', false],
    ['{"a":null,"b":{}}', '{"b":{},"a":null}', true],
    ['{"__proto__":{},"a":1}', '{"a":1,"__proto__":{}}', true],
    ['{"__proto__":1,"a":1}', '{"a":1,"toStrings":1}', false],
    ['[{"a":"\\"}","b":{"c":1,"d":[]}}]', '[{"b":{"d":[],"c":1},"a":"\\"}"}]', true],
    ['[{"a":"\\"}","b":{"c":1,"d":[]}}]', '[{"b":{"d":[],"c":2},"a":"\\"}"}]', false],
  ])('compares %s with %s', (a, b, expected) => {
    expect(areEqualTexts(a, b)).toBe(expected);
  });

  it('compares long numbers without converting them', () => {
    const numbers = JSON.stringify(Array.from({ length: 100_000 })).replaceAll('null', '1e+999');
    const compare = () => areEqualTexts(`{"a":${numbers},"b":1}`, `{"b":1,"a":${numbers}}`);
    const convert = () => parseExact(Buffer.from(numbers), scanJson(Buffer.from(numbers), 1).longNumbers);
    expect(compare()).toBe(true);
    expect(shortest(compare)).toBeLessThan(shortest(convert));
  });
});

/** Returns the shortest of five durations. */
function shortest(run: () => unknown): number {
  const durations = Array.from({ length: 5 }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return Math.min(...durations);
}
