import type { StoredEvent } from './event.js';

/** A stored event that is serialised once and reused by every response that contains it. */
export interface EventJson extends Pick<StoredEvent, 'seq' | 'topic' | 'source'> {
  /** JSON text of the event as GET /events returns it, without a line break. */
  readonly json: string;
}

/** Serialises a stored event. Copies the payload as text, because parsing it would cost more than all other members. */
export function toEventJson(event: StoredEvent): EventJson {
  const { seq, topic, event_id, timestamp, source, payload, processed_at } = event;
  const head = JSON.stringify({ seq, topic, event_id, timestamp, source });
  return {
    seq,
    topic,
    source,
    json: `${head.slice(0, -1)},"payload":${payload},"processed_at":"${processed_at}"}`,
  };
}

/** Formats an event as a server-sent event (HTML standard). A client that reconnects sends `id` in Last-Event-ID. */
export function toServerSentEvent({ seq, json }: EventJson): string {
  return `id: ${seq}\nevent: event\ndata: ${json}\n\n`;
}
