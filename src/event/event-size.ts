import type { NewEvent } from './event.js';

/** Estimated memory of an event in addition to its characters: objects, string headers and array slots. */
const OVERHEAD_BYTES_PER_EVENT = 200;

/**
 * Estimates the memory of an event at one byte per character. V8 takes two bytes per character for a string that is not
 * Latin-1, so the actual size can be twice the estimate.
 */
export function estimateBytes({ topic, event_id, timestamp, source, payload }: NewEvent): number {
  const characters = topic.length + event_id.length + timestamp.length + source.length + payload.length;
  return OVERHEAD_BYTES_PER_EVENT + characters;
}
