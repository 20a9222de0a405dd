import { isPattern } from './topic-pattern.js';

/** Selects events by topic and source. An absent member does not restrict the selection. */
export interface EventSelection {
  /** A topic, or a topic pattern unless `match` is `exact`. */
  readonly topic?: string;
  readonly match?: 'pattern' | 'exact';
  readonly source?: string;
}

/** Returns the topic pattern of a selection, or undefined if it selects one topic or all topics. */
export function topicPattern({ topic, match }: EventSelection): string | undefined {
  return topic !== undefined && match !== 'exact' && isPattern(topic) ? topic : undefined;
}
