import { CloudEvent } from 'cloudevents';
import { Buffer } from 'node:buffer';
import type { NewEvent } from '../event/event.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { scanJson } from '../json/scan.js';
import { isJsonObject } from '../validation/json-object.js';
import { checkEvent, MAX_NESTING, NESTING_PROBLEM } from './check-event.js';

export const REQUIRED_ATTRIBUTES = ['id', 'source', 'type', 'specversion'];

export type Attributes = Readonly<Record<string, unknown>>;

/** Returns the pointer to an attribute in the body, or the name of its header. */
export type PointerTo = (attribute: string) => string;

/** Checks a CloudEvent in JSON. Returns the event, or its problems with JSON pointers below `pointer`. */
export function checkCloudEvent(value: unknown, pointer: string): NewEvent | FieldProblem[] {
  if (!isJsonObject(value)) {
    return [{ pointer, detail: 'must be a CloudEvent: a JSON object' }];
  }
  return checkAttributes(value, pointer, (attribute) => `${pointer}/${attribute}`);
}

/**
 * Converts a CloudEvent 1.0 into an event:
 * - topic: `type`
 * - event_id: `source#id`, so that two producers that count from 1 do not collide
 * - timestamp: `time`, or the time of receipt
 * - source: `source`
 * - payload: `data`. Values other than objects become `{"value": …}`, binary data becomes `{"data_base64": …}`.
 *
 * The SDK checks the attributes against the rest of the specification. It receives them as they were `sent`, before any
 * decoding. `whole` is the pointer to the CloudEvent.
 */
export function checkAttributes(
  attributes: Attributes,
  whole: string,
  pointerTo: PointerTo,
  sent = attributes,
): NewEvent | FieldProblem[] {
  const wrong = REQUIRED_ATTRIBUTES.filter(
    (name) => typeof attributes[name] !== 'string' || !attributes[name],
  );
  if (wrong.length > 0) {
    return wrong.map((name) => ({
      pointer: pointerTo(name),
      detail: attributes[name] === undefined ? 'is required' : 'must be a non-empty string',
    }));
  }
  if (attributes['specversion'] !== '1.0') {
    return [{ pointer: pointerTo('specversion'), detail: 'must be 1.0' }];
  }
  if (attributes['data'] !== undefined && hasBytes(attributes)) {
    return [{ pointer: pointerTo('data_base64'), detail: 'must not be combined with data' }];
  }
  const event = checkEvent(toEvent(attributes), '');
  if (Array.isArray(event)) {
    return event.map(({ pointer, detail }) => {
      const [attribute, prefix = ''] = ATTRIBUTES[pointer] ?? [];
      return { pointer: attribute ? pointerTo(attribute) : whole, detail: `${prefix}${detail}` };
    });
  }
  // Data that is not an object is nested one level deeper in the payload.
  if (scanJson(Buffer.from(event.payload), MAX_NESTING).isTooDeep) {
    return [{ pointer: pointerTo('data'), detail: NESTING_PROBLEM }];
  }
  try {
    void new CloudEvent(sent);
    return event;
  } catch (error) {
    return toFieldProblems(error, whole, pointerTo);
  }
}

/**
 * Maps the pointer to a member of an event to the attribute that it comes from, and to a prefix for its error texts.
 */
const ATTRIBUTES: Readonly<Record<string, readonly [attribute: string, prefix?: string]>> = {
  '/topic': ['type'],
  '/event_id': ['id', 'source#id '],
  '/timestamp': ['time'],
  '/source': ['source'],
  '/payload': ['data'],
};

function toEvent(attributes: Attributes): object {
  const { type, id, source, time, data, data_base64 } = attributes;
  // Escapes # in the source, so that no two pairs of source and id have the same key.
  const escaped = String(source).replaceAll('%', '%25').replaceAll('#', '%23');
  return {
    topic: type,
    event_id: `${escaped}#${String(id)}`,
    timestamp: time ?? new Date().toISOString(),
    source,
    payload: hasBytes(attributes) ? { data_base64 } : toPayload(data),
  };
}

/** Returns whether the event carries binary data. A null attribute counts as absent. */
function hasBytes({ data_base64 }: Attributes): boolean {
  return data_base64 !== undefined && data_base64 !== null;
}

function toPayload(data: unknown): object {
  if (data === undefined) return {};
  return isJsonObject(data) ? data : { value: data };
}

/** Converts an error of the SDK into problems. The error lists the violations of the schema, or has only a message. */
function toFieldProblems(error: unknown, whole: string, pointerTo: PointerTo): FieldProblem[] {
  const { message, errors } = error as Error & {
    errors?: { instancePath?: string; message?: string }[] | null;
  };
  if (!errors?.length) return [{ pointer: whole, detail: message }];
  return errors.map(({ instancePath, message: detail = message }) => ({
    pointer: instancePath ? pointerTo(instancePath.slice(1)) : whole,
    detail,
  }));
}
