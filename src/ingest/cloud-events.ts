import { CloudEvent, HTTP } from 'cloudevents';
import type { IncomingHttpHeaders } from 'node:http';
import { invalid, Problem, type ProblemError } from '../http/problem.js';
import { checkCount, type ListedEvents, refusal } from './listed-events.js';

const STRUCTURED = 'application/cloudevents+json';
const BATCHED = 'application/cloudevents-batch+json';

type Attributes = Record<string, unknown>;

/** Whether a request is a CloudEvent in one of the three modes of the HTTP binding 1.0. */
export function isCloudEvent(headers: IncomingHttpHeaders): boolean {
  return (
    'ce-id' in headers ||
    'ce-specversion' in headers ||
    mediaType(headers).startsWith('application/cloudevents')
  );
}

/**
 * Reads CloudEvents 1.0 as events: type → topic, source#id → event_id (two producers that count from 1 must not
 * collide), time → timestamp (the time of receipt if absent), source → source, data → payload (a value that is
 * no object as `{"value": …}`). Throws a 422 for what is not a CloudEvent.
 */
export function listCloudEvents(body: unknown, headers: IncomingHttpHeaders): ListedEvents {
  switch (mediaType(headers)) {
    case STRUCTURED:
      return { values: [toEvent(checked(body, ''))], single: true, pointer: '' };
    case BATCHED:
      return { values: checkedAll(body), single: false, pointer: '' };
    case 'application/json':
      return { values: [toEvent(fromBinaryMode(body, headers))], single: true, pointer: '' };
    default:
      throw new Problem(
        415,
        `CloudEvents are taken as ${STRUCTURED}, as ${BATCHED}, or in binary mode with JSON data.`,
      );
  }
}

function checkedAll(body: unknown): object[] {
  if (!Array.isArray(body)) {
    throw invalid('A batch of CloudEvents is an array.', [{ pointer: '', detail: 'must be an array' }]);
  }
  checkCount(body, '');
  const events: object[] = [];
  const errors: ProblemError[] = [];
  for (const [index, one] of body.entries()) {
    try {
      events.push(toEvent(checked(one, `/${index}`)));
    } catch (error) {
      errors.push(...((error as Problem).about.errors ?? []));
    }
  }
  if (errors.length > 0) throw refusal(body.length - events.length, body.length, errors);
  return events;
}

/** The SDK reads the attributes from the headers, which may be percent-encoded; the data is the body as it is. */
function fromBinaryMode(body: unknown, headers: IncomingHttpHeaders): Attributes {
  try {
    const event = HTTP.toEvent<unknown>({
      headers,
      body: {},
    }) as CloudEvent<unknown>;
    event.validate();
    const { specversion } = event;
    const [type, id, source, time] = ['type', 'id', 'source', 'time'].map((name) =>
      decoded(headers[`ce-${name}`]),
    );
    return withRequired({ type, id, source, specversion, time, data: body }, '');
  } catch (error) {
    throw asProblem(error, '');
  }
}

/** The SDK decides whether it is one; what is stored are the attributes and the data as they were sent. */
function checked(value: unknown, pointer: string): Attributes {
  try {
    const attributes = withRequired(value as Attributes, pointer);
    void new CloudEvent(attributes);
    return attributes;
  } catch (error) {
    throw asProblem(error, pointer);
  }
}

/** What the SDK does not insist on: it makes up an id that is missing, and takes 0.3 too. */
function withRequired(attributes: Attributes, pointer: string): Attributes {
  const missing = ['id', 'source', 'type'].filter(
    (name) => typeof attributes[name] !== 'string' || !attributes[name],
  );
  const errors = missing.map((name) => ({
    pointer: `${pointer}/${name}`,
    detail: 'must be a string that is not empty',
  }));
  if (attributes['specversion'] !== '1.0')
    errors.push({ pointer: `${pointer}/specversion`, detail: 'must be 1.0' });
  if (errors.length > 0) throw invalid('This is not a valid CloudEvent.', errors);
  return attributes;
}

function toEvent({ type, id, source, time, data, data_base64 }: Attributes): object {
  return {
    topic: type,
    // Escaped, for the first # to be the one between them.
    event_id: `${String(source).replaceAll('#', '%23')}#${String(id)}`,
    timestamp: time ?? new Date().toISOString(),
    source,
    payload: toPayload(data === undefined ? data_base64 : data),
  };
}

function toPayload(data: unknown): object {
  if (data === undefined) return {};
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : { value: data };
}

function asProblem(error: unknown, pointer: string): Problem {
  if (error instanceof Problem) return error;
  const { message, errors } = error as Error & { errors?: string[] | { message?: string }[] | null };
  const details = (errors ?? [])
    .map((one) => (typeof one === 'string' ? one : (one.message ?? '')))
    .filter(Boolean);
  return invalid('This is not a valid CloudEvent.', [{ pointer, detail: details.join('; ') || message }]);
}

function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? 'application/json').split(';', 1)[0]!.trim().toLowerCase();
}

function decoded(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}
