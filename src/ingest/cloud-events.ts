import { CloudEvent } from 'cloudevents';
import type { IncomingHttpHeaders } from 'node:http';
import type { NewEvent } from '../event/event.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid } from '../http/problem.js';
import { checkEvent, type ListedEvents } from './check-event.js';

const STRUCTURED_MODE = /^application\/cloudevents(-batch)?\+json/i;
const REQUIRED = ['id', 'source', 'type', 'specversion'];
const BINARY_MODE_HEADERS = REQUIRED.map((name) => `ce-${name}`);

type Attributes = Readonly<Record<string, unknown>>;

/** Returns the pointer to an attribute, as the publisher sent it: in the body or as a header. */
type PointerTo = (attribute: string) => string;

/**
 * Lists the CloudEvents of a request in any of the three modes of the HTTP binding 1.0. Returns undefined if the
 * request is in none of them. Throws a 422 for a batch that is not an array.
 */
export function listCloudEvents(body: unknown, headers: IncomingHttpHeaders): ListedEvents | undefined {
  const structured = STRUCTURED_MODE.exec(headers['content-type'] ?? '');
  if (structured) {
    const [, batch] = structured;
    if (!batch) return { values: [body], single: true, pointer: '', check: checkCloudEvent };
    if (Array.isArray(body)) return { values: body, single: false, pointer: '', check: checkCloudEvent };
    throw invalid('A batch of CloudEvents must be an array.', [{ pointer: '', detail: 'must be an array' }]);
  }
  // In binary mode, the attributes are headers and the body is the data.
  if (!BINARY_MODE_HEADERS.some((name) => headers[name] !== undefined)) return undefined;
  const pointerTo: PointerTo = (attribute) => (attribute === 'data' ? '' : `ce-${attribute}`);
  const sent = attributesIn(headers);
  const decoded = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, decode(value)]));
  return {
    values: [{ ...decoded, data: body }],
    single: true,
    pointer: '',
    check: (event) => check(event as Attributes, '', pointerTo, { ...sent, data: body }),
  };
}

function checkCloudEvent(value: unknown, pointer: string): NewEvent | FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, detail: 'must be a CloudEvent: a JSON object' }];
  }
  return check(value as Attributes, pointer, (attribute) => `${pointer}/${attribute}`);
}

/**
 * Converts a CloudEvent 1.0 into an event:
 * - topic: `type`
 * - event_id: `source#id`, so that two producers that count from 1 do not collide
 * - timestamp: `time`, or the time of receipt
 * - source: `source`
 * - payload: `data`. Other values than objects become `{"value": …}`, binary data becomes `{"data_base64": …}`.
 *
 * The SDK checks the attributes as they were sent against the rest of the specification.
 */
function check(
  attributes: Attributes,
  whole: string,
  pointerTo: PointerTo,
  sent = attributes,
): NewEvent | FieldProblem[] {
  const wrong = REQUIRED.filter((name) => typeof attributes[name] !== 'string' || !attributes[name]);
  if (wrong.length > 0) {
    return wrong.map((name) => ({
      pointer: pointerTo(name),
      detail: attributes[name] === undefined ? 'is required' : 'must be a string that is not empty',
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
  try {
    void new CloudEvent(sent);
    return event;
  } catch (error) {
    return violationsOf(error, whole, pointerTo);
  }
}

/** The attribute that each member of an event comes from, and a prefix for its problems. */
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

/** Whether the event carries binary data. A null attribute counts as absent. */
function hasBytes({ data_base64 }: Attributes): boolean {
  return data_base64 !== undefined && data_base64 !== null;
}

function toPayload(data: unknown): object {
  if (data === undefined) return {};
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : { value: data };
}

function attributesIn(headers: IncomingHttpHeaders): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') attributes[name.slice(3)] = value;
  }
  return attributes;
}

/** Decodes a header value: first the quotes, then the percent-encoding (HTTP binding, section 3.1.3.2). */
function decode(header: string): string {
  const text = /^".*"$/.test(header) ? header.slice(1, -1).replaceAll(/\\(.)/g, '$1') : header;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Converts an error of the SDK, which has the violations of its schema, or only a message. */
function violationsOf(error: unknown, whole: string, pointerTo: PointerTo): FieldProblem[] {
  const { message, errors } = error as Error & {
    errors?: { instancePath?: string; message?: string }[] | null;
  };
  if (!errors?.length) return [{ pointer: whole, detail: message }];
  return errors.map(({ instancePath, message: detail = message }) => ({
    pointer: instancePath ? pointerTo(instancePath.slice(1)) : whole,
    detail,
  }));
}
