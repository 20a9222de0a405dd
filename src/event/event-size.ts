import type { NewEvent } from './event.js';

/** Memory of an event in addition to its characters: objects, string headers and array slots. */
const OVERHEAD_BYTES_PER_EVENT = 200;

/** Returns the approximate size of an event in memory. */
export function estimateBytes({ topic, event_id, timestamp, source, payload }: NewEvent): number {
  const characters = topic.length + event_id.length + timestamp.length + source.length + payload.length;
  return OVERHEAD_BYTES_PER_EVENT + characters;
}
