import { randomUUID } from 'node:crypto';

/** Returns the payload of an event. The whole event has about 180 bytes as JSON. publish.lua writes the same events. */
export function payloadText(number: number): string {
  return `{"user":${number},"action":"login","ip":"10.0.0.1","tags":["a","b"]}`;
}

/** The kinds of events in a request. `random` has new events whose ids are in random order. */
export type Mix = 'new' | 'random' | 'duplicates' | 'conflicts';

const TOPICS = 10;

/** Returns the body of request `number` of a run, with `batch` events. Keys are unique except in `duplicates`. */
export function bodyOf(batch: number, mix: Mix, run: string, number: number): string {
  const [prefix, firstTopic] = mix === 'duplicates' ? ['same', 0] : [`${run}-${number}`, number];
  const events: string[] = [];
  for (let index = 1; index <= batch; index++) {
    const id = mix === 'random' ? randomUUID() : `${prefix}-${index}`;
    events.push(event(`topic-${(firstTopic + index) % TOPICS}`, id, payloadText(index)));
    if (mix === 'conflicts' && index % 20 === 0)
      events.push(event('topic-0', `conflict-${index}`, `{"user":"${prefix}"}`));
  }
  return batch === 1 ? events[0]! : `[${events.join(',')}]`;
}

/** Returns an event as JSON text. */
export function event(topic: string, id: string, payload: string): string {
  return `{"event_id":"${id}","topic":"${topic}","timestamp":"2026-01-31T12:00:00.000Z","source":"bench","payload":${payload}}`;
}
