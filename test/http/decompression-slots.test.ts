import { jest } from '@jest/globals';
import { DecompressionSlots } from '../../src/http/decompression-slots.js';
import type { Problem } from '../../src/http/problem.js';

const SLOTS = 8;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function full(): DecompressionSlots {
  const slots = new DecompressionSlots();
  let taken = 0;
  for (let count = 0; count < SLOTS; count++) slots.take(() => taken++);
  expect(taken).toBe(SLOTS);
  return slots;
}

describe('DecompressionSlots', () => {
  it('passes a released slot to the request that has waited for the longest time', () => {
    const slots = full();
    const served: number[] = [];
    slots.take(() => served.push(1));
    slots.take(() => served.push(2));
    expect(served).toEqual([]);
    slots.release();
    expect(served).toEqual([1]);
    slots.release();
    expect(served).toEqual([1, 2]);
  });

  it('rejects a request that has waited too long with 503, and gives it no slot', () => {
    const slots = full();
    const results: (Error | null)[] = [];
    slots.take((error) => results.push(error));
    jest.advanceTimersByTime(60_000);
    expect((results[0] as Problem).getStatus()).toBe(503);
    slots.release();
    slots.take((error) => results.push(error));
    expect(results[1]).toBeNull();
    expect(results).toHaveLength(2);
  });
});
