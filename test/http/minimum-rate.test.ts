import { jest } from '@jest/globals';
import { MinimumRate } from '../../src/http/minimum-rate.js';

const BYTES_PER_SECOND = 1_000;
const PERIOD_MS = 10_000;
const BYTES_PER_PERIOD = 10_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function aTransfer(rate: MinimumRate) {
  const transfer = { bytes: 0, slow: 0, onSlow: () => transfer.slow++ };
  rate.add(transfer);
  return transfer;
}

describe('MinimumRate', () => {
  it('ends a transfer without data after the period, not before', () => {
    const transfer = aTransfer(new MinimumRate(BYTES_PER_SECOND, PERIOD_MS));
    jest.advanceTimersByTime(PERIOD_MS);
    expect(transfer.slow).toBe(0);
    jest.advanceTimersByTime(PERIOD_MS / 10);
    expect(transfer.slow).toBe(1);
    jest.advanceTimersByTime(10 * PERIOD_MS);
    expect(transfer.slow).toBe(1);
  });

  it('allows a transfer at the rate, whatever its pauses', () => {
    const transfer = aTransfer(new MinimumRate(BYTES_PER_SECOND, PERIOD_MS));
    for (let period = 0; period < 20; period++) {
      jest.advanceTimersByTime(PERIOD_MS);
      transfer.bytes += 1.2 * BYTES_PER_PERIOD;
    }
    expect(transfer.slow).toBe(0);
  });

  it('ends a transfer that began fast and then trickles', () => {
    const transfer = aTransfer(new MinimumRate(BYTES_PER_SECOND, PERIOD_MS));
    transfer.bytes = 1_000 * BYTES_PER_PERIOD;
    jest.advanceTimersByTime(1.1 * PERIOD_MS);
    expect(transfer.slow).toBe(0);
    transfer.bytes += BYTES_PER_PERIOD - 1;
    jest.advanceTimersByTime(1.1 * PERIOD_MS);
    expect(transfer.slow).toBe(1);
  });

  it('measures each transfer from its own beginning', () => {
    const rate = new MinimumRate(BYTES_PER_SECOND, PERIOD_MS);
    const first = aTransfer(rate);
    jest.advanceTimersByTime(PERIOD_MS / 2);
    const second = aTransfer(rate);
    jest.advanceTimersByTime(0.6 * PERIOD_MS);
    expect([first.slow, second.slow]).toEqual([1, 0]);
    jest.advanceTimersByTime(PERIOD_MS / 2);
    expect([first.slow, second.slow]).toEqual([1, 1]);
  });

  it('has one timer for all transfers, and none if there are no transfers', () => {
    const rate = new MinimumRate(BYTES_PER_SECOND, PERIOD_MS);
    const transfers = Array.from({ length: 100 }, () => aTransfer(rate));
    expect(jest.getTimerCount()).toBe(1);
    for (const transfer of transfers) rate.delete(transfer);
    jest.advanceTimersByTime(2 * PERIOD_MS);
    expect(jest.getTimerCount()).toBe(0);
    expect(transfers.filter(({ slow }) => slow > 0)).toEqual([]);

    const later = aTransfer(rate);
    jest.advanceTimersByTime(2 * PERIOD_MS);
    expect(later.slow).toBe(1);
  });
});
