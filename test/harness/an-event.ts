import type { EventDto } from '../../src/event/event.dto.js';

let made = 0;

/** A valid event with a key of its own, but for what is given. */
export function anEvent(overrides: Partial<Record<keyof EventDto, unknown>> = {}): EventDto {
  made++;
  return {
    topic: 'orders',
    event_id: `event-${made}`,
    timestamp: '2026-01-31T12:00:00.000Z',
    source: 'checkout',
    payload: { number: made },
    ...overrides,
  } as EventDto;
}

/** `count` of them. */
export function events(count: number, overrides: Partial<Record<keyof EventDto, unknown>> = {}): EventDto[] {
  return Array.from({ length: count }, () => anEvent(overrides));
}
