import { Ajv2020 } from 'ajv/dist/2020.js';
import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { isTimestamp } from '../../src/validation/timestamp.js';
import { type OpenApi, operationsOf } from './document.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const service = await Service.start({ QUEUE_CAPACITY: '10' });
const document = await service.get<OpenApi>('/openapi.json');

/** Validates against the document, with each schema closed: a response has no member that the document lacks. */
const ajv = new Ajv2020({
  strict: false,
  formats: { 'date-time': (text: string) => isTimestamp(text) && /(Z|[+-]\d\d:\d\d)$/i.test(text) },
});
ajv.addSchema({ $id: 'openapi', components: { schemas: closed(document.components.schemas) } });

function closed(schemas: Record<string, object>): object {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, { additionalProperties: false, ...schema }]),
  );
}

/** Returns how a response deviates from the schema that the document declares for it, or undefined. */
async function mismatch(id: string, response: Response): Promise<unknown> {
  const { operation } = operationsOf(document).find((one) => one.operation.operationId === id)!;
  const declared = operation.responses[String(response.status)];
  if (!declared) return `${response.status} is not declared`;
  const type = response.headers.get('content-type')!.split(';')[0]!;
  const schema = declared.content[type]?.schema;
  if (!schema) return `${type} is not declared for ${response.status}`;
  const text = await response.text();
  const value: unknown = type.endsWith('json') && !type.endsWith('ndjson') ? JSON.parse(text) : text;
  const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as object;
  return ajv.validate(local, value) ? undefined : ajv.errors;
}

const ndjson = { 'content-type': 'application/x-ndjson' };
const lookup = (keys: object[]) =>
  service.request('/events/lookup', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ keys }),
  });

describe('a response', () => {
  const topic = 'documented';

  it.each<[what: string, id: string, status: number, send: () => Promise<Response>]>([
    [
      'one event',
      'publish',
      200,
      () => service.publish(anEvent({ topic, timestamp: '2026-01-31T12:00:00' })),
    ],
    ['a batch', 'publish', 200, () => service.publish(events(3, { topic }))],
    ['a minimal batch', 'publish', 200, () => service.publish(events(2), { prefer: 'return=minimal' })],
    ['NDJSON', 'publish', 200, () => service.publishText(`${JSON.stringify(anEvent())}\n{}\n`, ndjson)],
    ['a queued event', 'publish', 202, () => service.publish(anEvent(), { prefer: 'respond-async' })],
    ['a queued batch', 'publish', 202, () => service.publish(events(2), { prefer: 'respond-async' })],
    ['malformed JSON', 'publish', 400, () => service.publishText('{')],
    ['more events than the queue can hold', 'publish', 413, () => service.publish(events(11))],
    ['another media type', 'publish', 415, () => service.publishText('', { 'content-type': 'text/plain' })],
    ['an invalid event', 'publish', 422, () => service.publish(anEvent({ topic: '' }))],
    ['a page', 'listEvents', 200, () => service.request(`/events?topic=${topic}&limit=1`)],
    [
      'a page as NDJSON',
      'listEvents',
      200,
      () => service.request('/events', { headers: { accept: 'application/x-ndjson' } }),
    ],
    ['an invalid query', 'listEvents', 422, () => service.request('/events?limit=0')],
    ['an event', 'getEvent', 200, async () => service.request(await pathOfAnEvent())],
    ['an unknown event', 'getEvent', 404, () => service.request('/events/no/such')],
    [
      'a lookup',
      'lookupEvents',
      200,
      async () => lookup([await keyOfAnEvent(), { topic: 'missing', event_id: 'e' }]),
    ],
    ['topics', 'listTopics', 200, () => service.request('/topics?limit=1')],
    ['the totals', 'getStats', 200, () => service.request('/stats')],
    ['the health', 'getHealth', 200, () => service.request('/health')],
    ['the liveness', 'getLiveness', 200, () => service.request('/health/live')],
    ['the readiness', 'getReadiness', 200, () => service.request('/health/ready')],
    ['the service', 'getService', 200, () => service.request('/')],
  ])('matches the OpenAPI document: %s (%s, %d)', async (_, id, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(await mismatch(id, response)).toBeUndefined();
  });

  it('matches the OpenAPI document: a full queue and a locked store (publish, getHealth, getReadiness, 503)', async () => {
    const other = new Sqlite(service.database);
    other.exec('BEGIN IMMEDIATE');
    try {
      expect((await service.publish(events(10), { prefer: 'respond-async' })).status).toBe(202);
      const responses = {
        publish: await service.publish(anEvent()),
        getHealth: await service.request('/health'),
        getReadiness: await service.request('/health/ready'),
      };
      for (const [id, response] of Object.entries(responses)) {
        expect([id, response.status]).toEqual([id, 503]);
        expect([id, await mismatch(id, response)]).toEqual([id, undefined]);
      }
    } finally {
      other.close();
    }
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
  });

  async function keyOfAnEvent() {
    const { topic: stored, event_id } = (await service.everything())[0]!;
    return { topic: stored, event_id };
  }

  async function pathOfAnEvent(): Promise<string> {
    const key = await keyOfAnEvent();
    return `/events/${encodeURIComponent(key.topic)}/${encodeURIComponent(key.event_id)}`;
  }
});
