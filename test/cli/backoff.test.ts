import { parseRetryAfterMs } from '../../src/cli/simulate/backoff.js';

describe('a Retry-After header', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['-1', 0],
    ['soon', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    [undefined, 0],
  ])('of %s delays the retry by %s ms', (header, ms) => {
    expect(parseRetryAfterMs(header)).toBe(ms);
  });

  it('of a date delays the retry until that date', () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const ms = parseRetryAfterMs(inAnHour);
    expect(ms > 3_000_000 && ms <= 3_600_000).toBe(true);
  });
});
