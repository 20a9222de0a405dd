/** An event in the text format of server-sent events. */
export interface StreamEvent {
  readonly seq: number;
  readonly text: Buffer;
}

/** Consecutive events of a stream in one buffer, which may be empty. */
export interface StreamPart {
  readonly text: Buffer;
  /** The seq of the last event, or 0 if there is none. */
  readonly seq: number;
}

/** The size of a part. */
export interface PartSize {
  /** Size at which the part ends. The event that reaches this size is included. */
  readonly targetBytes: number;
  /** Maximum size of a part with several events. A part with a single event may be larger. */
  readonly maxBytes: number;
}

/** Joins events, starting with the first, into a part of the given size. */
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
