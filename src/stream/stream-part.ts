/** An event as a server-sent event. */
export interface StreamEvent {
  readonly seq: number;
  readonly text: Buffer;
}

/** Consecutive events of a stream, joined; may be empty. */
export interface StreamPart {
  readonly text: Buffer;
  /** The seq of the last event; 0 without events. */
  readonly seq: number;
}

/** The size of a part. */
export interface PartSize {
  /** Size at which the part ends. It includes the event that exceeds this size. */
  readonly targetBytes: number;
  /** Maximum size of several events. A single event may exceed it. */
  readonly maxBytes: number;
}

/** Joins events from the first on, until the part has its size. */
export function takePart(events: Iterable<StreamEvent>, { targetBytes, maxBytes }: PartSize): StreamPart {
  const texts: Buffer[] = [];
  let bytes = 0;
  let last = 0;
  for (const { seq, text } of events) {
    if (bytes > 0 && (bytes >= targetBytes || bytes + text.length > maxBytes)) break;
    texts.push(text);
    bytes += text.length;
    last = seq;
  }
  return { text: texts.length === 1 ? texts[0]! : Buffer.concat(texts, bytes), seq: last };
}
