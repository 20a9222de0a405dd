import { jest } from '@jest/globals';
import { MonotonicClock } from '../../src/store/sqlite/monotonic-clock.js';
import { describeClock } from './clock.contract.js';

beforeAll(() => {
  jest.useFakeTimers();
});
afterAll(() => {
  jest.useRealTimers();
});

describeClock('MonotonicClock', {
  create: (latest = '') => new MonotonicClock(latest),
  setSystemTime: (time) => {
    jest.setSystemTime(new Date(time));
  },
});
