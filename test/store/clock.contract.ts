import type { Clock } from '../../src/store/clock.js';

export interface ClockHarness {
  /** Creates a clock that continues after `latest`, the last time of an earlier process. */
  readonly create: (latest?: string) => Clock;
  /** Sets the system clock that the clock reads. */
  readonly setSystemTime: (time: string) => void;
}

/** Checks what every implementation of `Clock` promises. */
export function describeClock(name: string, { create, setSystemTime }: ClockHarness): void {
  describe(name, () => {
    it('returns UTC as RFC 3339 with milliseconds', () => {
      setSystemTime('2026-01-31T13:00:00.007+01:00');
      expect(create().now()).toBe('2026-01-31T12:00:00.007Z');
    });

    it('advances with the system clock', () => {
      const clock = create();
      for (const time of ['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.001Z']) {
        setSystemTime(time);
        expect(clock.now()).toBe(time);
      }
    });

    it('does not go back when the system clock is set back', () => {
      const clock = create();
      setSystemTime('2026-01-31T12:00:00.000Z');
      clock.now();
      setSystemTime('2026-01-31T11:00:00.000Z');
      expect(clock.now()).toBe('2026-01-31T12:00:00.000Z');
      setSystemTime('2026-01-31T12:00:00.001Z');
      expect(clock.now()).toBe('2026-01-31T12:00:00.001Z');
    });

    it('does not go back after a restart', () => {
      setSystemTime('2026-01-31T11:00:00.000Z');
      expect(create('2026-01-31T12:00:00.000Z').now()).toBe('2026-01-31T12:00:00.000Z');
    });
  });
}
