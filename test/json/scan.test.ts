import fc from 'fast-check';
import { Buffer } from 'node:buffer';
import { scanArray, scanJson } from '../../src/json/scan.js';
import { anyText } from './arbitraries.js';

const anyJson = fc.jsonValue({ stringUnit: 'binary' });
const anyIndent = fc.constantFrom<number | string>(0, 1, '\t');

function nestingOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(nestingOf));
}

/** Returns the shortest time of several runs, in milliseconds. */
function bestTime(run: () => void): number {
  return Math.min(
    ...Array.from({ length: 5 }, () => {
      const started = performance.now();
      run();
      return performance.now() - started;
    }),
  );
}

describe('scanArray', () => {
  it('finds the bytes of every element', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyJson, anyText), { minLength: 1 }), anyIndent, (array, indent) => {
        const bytes = Buffer.from(`x${JSON.stringify(array, null, indent)} ]`);
        const { ends, count, end } = scanArray(bytes, 1, 1_000, 1_000);
        const elements = ends.map((offset, index) =>
          JSON.parse(bytes.toString('utf8', index === 0 ? 2 : ends[index - 1]! + 1, offset)),
        );
        expect([elements, count, end]).toEqual([
          JSON.parse(JSON.stringify(array)),
          array.length,
          bytes.length - 2,
        ]);
      }),
    );
  });

  it.each(['[', '[1,2', '["]', '[{"a":[1]}', '[1}', '["\\"]'])('finds no end of %s', (text) => {
    expect(scanArray(Buffer.from(text), 0, 100, 100).end).toBe(-1);
  });
});

describe('scanJson', () => {
  it('reports nesting exactly above the maximum', () => {
    fc.assert(
      fc.property(anyJson, anyIndent, fc.nat(6), (value, indent, maximum) => {
        const bytes = Buffer.from(JSON.stringify(value, null, indent));
        expect(scanJson(bytes, maximum).isTooDeep).toBe(nestingOf(JSON.parse(bytes.toString())) > maximum);
      }),
    );
  });

  it('finds no numbers in strings and names', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), (object) => {
        expect(scanJson(Buffer.from(JSON.stringify(object)), 100).longNumbers).toEqual([]);
      }),
    );
  });

  it.each([
    ['digits in a string', (size: number) => `"${'7'.repeat(size)}"`],
    ['digits', (size: number) => '7'.repeat(size)],
    ['a fraction of zeros', (size: number) => `0.1${'0'.repeat(size)}1`],
    ['backslashes', (size: number) => `"${'\\\\'.repeat(size / 2)}"`],
    ['brackets', (size: number) => '['.repeat(size)],
  ])('takes linear time for %s', (_, textOf) => {
    const [short, long] = [100_000, 3_200_000].map((size) => Buffer.from(textOf(size)));
    // 32 times the size. A quadratic scan would take 1000 times as long.
    const scan = (bytes: Buffer) => bestTime(() => scanJson(bytes, Number.MAX_SAFE_INTEGER));
    expect(scan(long!)).toBeLessThan(10 * 32 * scan(short!));
  });
});
