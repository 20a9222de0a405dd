import type { EventJson } from './event-json.js';
import { isPattern, matchesPattern } from './topic-pattern.js';

/** Which stored events, in what order. */
export interface EventFilter extends EventSelection {
  /** Stored at or after; compared with processed_at. */
  readonly since?: string;
  /** Stored before; compared with processed_at. */
  readonly until?: string;
  readonly order: 'asc' | 'desc';
  /** Only a greater seq. */
  readonly after?: number;
  /** Only a smaller seq. */
  readonly before?: number;
  readonly limit: number;
  /** The answer ends when it has become this large; one event is always in it. */
  readonly maxBytes: number;
}

/** Which events, by what they say. */
export interface EventSelection {
  /** A topic, or a pattern of topics unless `match` is exact. */
  readonly topic?: string;
  readonly match?: 'pattern' | 'exact';
  readonly source?: string;
}

/** The pattern in a selection's topic, if it is one. */
export function patternOf({ topic, match }: EventSelection): string | undefined {
  return topic !== undefined && match !== 'exact' && isPattern(topic) ? topic : undefined;
}

/** Whether an event is selected, without asking the store. */
export function isSelected(selection: EventSelection, event: Pick<EventJson, 'topic' | 'source'>): boolean {
  const { topic, source } = selection;
  if (source !== undefined && source !== event.source) return false;
  const pattern = patternOf(selection);
  return pattern === undefined
    ? topic === undefined || topic === event.topic
    : matchesPattern(pattern, event.topic);
}
