import { anEvent } from './an-event.js';
import type { NewEvent } from '../../src/event/event.js';
import type { Submission } from '../../src/event/submission.js';

/** Returns a valid event with a key of its own, as ingest passes it on. */
export function aNewEvent(overrides: Partial<NewEvent> = {}): NewEvent {
  return { ...anEvent(), payload: '{"a":1}', ...overrides };
}

export function newEvents(count: number, overrides: Partial<NewEvent> = {}): NewEvent[] {
  return Array.from({ length: count }, () => aNewEvent(overrides));
}

/** Returns a submission of these events. */
export function submissionOf(...events: NewEvent[]): Submission {
  return { events };
}
