import type { NewEvent } from '../../event/event.js';
import type { Submission, SubmissionId } from '../../event/submission.js';

/**
 * Version of the message format. A replica leaves messages of a later version to replicas of a later release, so that
 * rolling upgrades work.
 */
const VERSION = 1;
const VALUES_PER_EVENT = 5;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A submission as JSON text in UTF-8. */
interface Message extends SubmissionId {
  readonly v: number;
  /** Topic, event_id, timestamp, source and payload of each event. The payload is JSON text, to keep its spelling. */
  readonly values: readonly string[];
}

/** Encodes a submission. Returns undefined if the message would exceed `maxBytes`. */
export function encodeSubmission(
  { source, number }: SubmissionId,
  events: readonly NewEvent[],
  maxBytes: number,
): Uint8Array | undefined {
  const values: string[] = [];
  let characters = 0;
  for (const { topic, event_id, timestamp, source: origin, payload } of events) {
    values.push(topic, event_id, timestamp, origin, payload);
    characters += topic.length + event_id.length + timestamp.length + origin.length + payload.length;
  }
  // Does not serialise a submission that is too large, because this would block the event loop.
  if (characters > maxBytes) return undefined;
  const message: Message = { v: VERSION, source, number, values };
  const bytes = Buffer.from(JSON.stringify(message));
  return bytes.length > maxBytes ? undefined : bytes;
}

/** Decodes a message. Returns `later` if a later release wrote it. Throws if the message is malformed. */
export function decodeSubmission(data: Uint8Array): Required<Submission> | 'later' {
  const message: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  if (typeof message !== 'object' || message === null) throw new Error('The message is not an object.');
  const { v, source, number, values } = message as Partial<Message>;
  if (typeof v === 'number' && v > VERSION) return 'later';
  if (v !== VERSION) throw new Error('The message has no version.');
  if (typeof source !== 'string' || !UUID.test(source))
    throw new Error('The source of the message is not a UUID.');
  if (!Number.isSafeInteger(number)) throw new Error('The number of the message is not a whole number.');
  if (!isListOfEvents(values)) throw new Error('The values of the message are not those of events.');
  return { id: { source, number: number! }, events: toEvents(values) };
}

function isListOfEvents(values: unknown): values is string[] {
  return (
    Array.isArray(values) &&
    values.length > 0 &&
    values.length % VALUES_PER_EVENT === 0 &&
    values.every((value) => typeof value === 'string')
  );
}

function toEvents(values: readonly string[]): NewEvent[] {
  return Array.from({ length: values.length / VALUES_PER_EVENT }, (_, index) => {
    const start = index * VALUES_PER_EVENT;
    const [topic, event_id, timestamp, source, payload] = values.slice(start, start + VALUES_PER_EVENT);
    return { topic: topic!, event_id: event_id!, timestamp: timestamp!, source: source!, payload: payload! };
  });
}
