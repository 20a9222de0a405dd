import { CloudEvent } from 'cloudevents';
import type { IncomingHttpHeaders } from 'node:http';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid } from '../http/problem.js';
import { checkEvent } from './check-event.js';
import type { ListedEvents } from './listed-events.js';
import type { NewEvent } from '../event/event.js';

const STRUCTURED_MODE = /^application\/cloudevents(-batch)?\+json/i;
const REQUIRED = ['id', 'source', 'type', 'specversion'];
const BINARY_MODE_HEADERS = REQUIRED.map((name) => `ce-${name}`);

type Attributes = Readonly<Record<string, unknown>>;

/** Names a part of a CloudEvent for whoever sent it. */
type NameOf = (attribute: string) => string;

/**
 * The CloudEvents of a request in one of the three modes of the HTTP binding 1.0; undefined if it is none.
 * Throws a 422 for a batch that is no array.
 */
export function listCloudEvents(body: unknown, headers: IncomingHttpHeaders): ListedEvents | undefined {
  const structured = STRUCTURED_MODE.exec(headers['content-type'] ?? '');
  if (structured) {
    const [, batch] = structured;
    if (!batch) return { values: [body], single: true, pointer: '', check: checkCloudEvent };
    if (Array.isArray(body)) return { values: body, single: false, pointer: '', check: checkCloudEvent };
    throw invalid('A batch of CloudEvents is an array.', [{ pointer: '', detail: 'must be an array' }]);
  }
  // In binary mode the attributes are headers, and the body is the data.
  if (!BINARY_MODE_HEADERS.some((name) => headers[name] !== undefined)) return undefined;
  const nameOf: NameOf = (attribute) => (attribute === 'data' ? '' : `ce-${attribute}`);
  const sent = attributesIn(headers);
  const decoded = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, decode(value)]));
  return {
    values: [{ ...decoded, data: body }],
    single: true,
    pointer: '',
    check: (event) => check(event as Attributes, '', nameOf, { ...sent, data: body }),
  };
}

function checkCloudEvent(value: unknown, pointer: string): NewEvent | FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, detail: 'must be a CloudEvent: a JSON object' }];
  }
  return check(value as Attributes, pointer, (attribute) => `${pointer}/${attribute}`);
}

/**
 * Reads a CloudEvent 1.0 as an event: type → topic, source#id → event_id (two producers that count from 1 must
 * not collide), time → timestamp (the time of receipt if absent), source → source, data → payload (a value that
 * is no object as `{"value": …}`, binary data as `{"data_base64": …}`). What the standard forbids, the SDK tells,
 * of the attributes as they were sent.
 */
function check(
  attributes: Attributes,
  whole: string,
  nameOf: NameOf,
  sent = attributes,
): NewEvent | FieldProblem[] {
  const missing = REQUIRED.filter((name) => typeof attributes[name] !== 'string' || !attributes[name]);
  if (missing.length > 0) {
    return missing.map((name) => ({ pointer: nameOf(name), detail: 'must be a string that is not empty' }));
  }
  if (attributes['specversion'] !== '1.0') return [{ pointer: nameOf('specversion'), detail: 'must be 1.0' }];
  if (attributes['data'] !== undefined && hasBytes(attributes)) {
    return [{ pointer: nameOf('data_base64'), detail: 'must not stand beside data' }];
  }
  const event = checkEvent(toEvent(attributes), '');
  if (Array.isArray(event)) {
    return event.map(({ pointer, detail }) => {
      const [attribute, means = ''] = PARTS[pointer] ?? [];
      return { pointer: attribute ? nameOf(attribute) : whole, detail: `${means}${detail}` };
    });
  }
  try {
    void new CloudEvent(sent);
    return event;
  } catch (error) {
    return complaintsOf(error, whole, nameOf);
  }
}

/** Which attribute a part of an event was, and what must be said before its detail. */
const PARTS: Readonly<Record<string, readonly [attribute: string, means?: string]>> = {
  '/topic': ['type'],
  '/event_id': ['id', 'source#id '],
  '/timestamp': ['time'],
  '/source': ['source'],
  '/payload': ['data'],
};

function toEvent(attributes: Attributes): object {
  const { type, id, source, time, data, data_base64 } = attributes;
  // Escaped, so that the # between them is the only one of its kind and no two pairs make one key.
  const escaped = String(source).replaceAll('%', '%25').replaceAll('#', '%23');
  return {
    topic: type,
    event_id: `${escaped}#${String(id)}`,
    timestamp: time ?? new Date().toISOString(),
    source,
    payload: hasBytes(attributes) ? { data_base64 } : toPayload(data),
  };
}

/** An attribute that is null is one that is absent. */
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

/** HTTP binding, section 3.1.3.2: out of the quotes first, then out of percent-encoding. */
function decode(header: string): string {
  const text = /^".*"$/.test(header) ? header.slice(1, -1).replaceAll(/\\(.)/g, '$1') : header;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the SDK complains of: errors of its schema, with the attribute they are about, or one in words. */
function complaintsOf(error: unknown, whole: string, nameOf: NameOf): FieldProblem[] {
  const { message, errors } = error as Error & {
    errors?: { instancePath?: string; message?: string }[] | null;
  };
  if (!errors?.length) return [{ pointer: whole, detail: message }];
  return errors.map(({ instancePath, message: detail = message }) => ({
    pointer: instancePath ? nameOf(instancePath.slice(1)) : whole,
    detail,
  }));
}
