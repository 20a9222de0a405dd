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

async function takeAll(slots: DecompressionSlots): Promise<void> {
  for (let count = 0; count < SLOTS; count++) await slots.take();
}

describe('DecompressionSlots', () => {
  it('passes a released slot to the request that has waited for the longest time', async () => {
    const slots = new DecompressionSlots();
    await takeAll(slots);
    const served: number[] = [];
    const waiting = [1, 2].map(async (number) => {
      await slots.take();
      served.push(number);
    });
    slots.release();
    await waiting[0];
    expect(served).toEqual([1]);
    slots.release();
    await waiting[1];
    expect(served).toEqual([1, 2]);
  });

  it('rejects a request that has waited too long with 503, and gives it no slot', async () => {
    const slots = new DecompressionSlots();
    await takeAll(slots);
    const rejected = slots.take().catch((error: Problem) => error.getStatus());
    jest.advanceTimersByTime(60_000);
    expect(await rejected).toBe(503);
    slots.release();
    await slots.take();
  });
});
