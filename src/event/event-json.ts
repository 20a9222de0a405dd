/** A stored event, ready to be sent. */
export interface EventJson {
  readonly seq: number;
  readonly topic: string;
  readonly source: string;
  /** JSON text of the event as GET /events shows it, without a line break. */
  readonly json: string;
}

/** A row of processed_events; `payload` is JSON text. */
export interface EventRow {
  readonly seq: number;
  readonly topic: string;
  readonly event_id: string;
  readonly timestamp: string;
  readonly source: string;
  readonly payload: string;
  readonly processed_at: string;
}

/** The payload goes out as it was stored, without being parsed and written again. */
export function toEventJson(row: EventRow): EventJson {
  const { seq, topic, event_id, timestamp, source, payload, processed_at } = row;
  const head = JSON.stringify({ seq, topic, event_id, timestamp, source });
  return {
    seq,
    topic,
    source,
    json: `${head.slice(0, -1)},"payload":${payload},"processed_at":"${processed_at}"}`,
  };
}
