import type { EventDto } from '../../src/event/event.dto.js';

let created = 0;

/** Returns a valid event with a unique key. Overrides replace its members. */
export function anEvent(overrides: Partial<Record<keyof EventDto, unknown>> = {}): EventDto {
  created++;
  return {
    topic: 'orders',
    event_id: `event-${created}`,
    timestamp: '2026-01-31T12:00:00.000Z',
    source: 'checkout',
    payload: { number: created },
    ...overrides,
  } as EventDto;
}

/** Returns `count` such events. */
export function events(count: number, overrides: Partial<Record<keyof EventDto, unknown>> = {}): EventDto[] {
  return Array.from({ length: count }, () => anEvent(overrides));
}
