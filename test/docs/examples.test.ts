import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { anEvent } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { type OpenApi, operationsOf, type Problem } from './document.js';

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
/** A body that is small enough to be read completely, and too large when it is decompressed. */
const EXAMPLE_ID = 'dGhpc2lz-17';
const TOO_LARGE = gzipSync(`"${'x'.repeat(17_000_000)}"`);

const service = await Service.start();
const guarded = await Service.start({
  API_KEYS: `docs:read:${hashOf('read')},docs:publish:${hashOf('publish')}`,
});
const document = await service.get<OpenApi>('/openapi.json');
const operations = operationsOf(document);

function operationNamed(id: string) {
  return operations.find(({ operation }) => operation.operationId === id)!.operation;
}

/** Lists the examples of an operation's request body, with the media type of each. */
function bodiesOf(id: string) {
  return Object.entries(operationNamed(id).requestBody!.content).flatMap(([type, { example, examples }]) =>
    Object.entries(examples ?? { [type]: { value: example } }).map(([name, { value }]) => ({
      name,
      type,
      text: typeof value === 'string' ? value : JSON.stringify(value),
    })),
  );
}

/** Returns an example of an operation's errors by its name. */
function problemNamed(id: string, name: string): Problem {
  const examples = Object.values(operationNamed(id).responses).flatMap(({ content }) =>
    Object.entries(content['application/problem+json']?.examples ?? {}),
  );
  return Object.fromEntries(examples)[name]!.value;
}

// Runs first. One of these errors is the 404 of an event that the request examples store.
describe('an error example of the OpenAPI document', () => {
  const json = { 'content-type': 'application/json' };
  const event = anEvent();
  const { topic: _, ...withoutTopic } = event;

  const post = (path: string, body: string, headers: Record<string, string> = json): Promise<Response> =>
    service.request(path, { method: 'POST', headers, body });
  const postAs = (key: string): Promise<Response> =>
    guarded.request('/publish', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${key}` },
      body: '{}',
    });
  const many = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({})));

  it.each<[id: string, example: string, send: () => Promise<Response>]>([
    ['publish', 'malformedQuery', () => post('/publish?%', '{}')],
    ['publish', 'malformedJson', () => post('/publish', '[')],
    ['publish', 'noApiKey', () => guarded.publish({})],
    ['publish', 'unknownApiKey', () => postAs('unknown')],
    ['publish', 'publishScope', () => postAs('read')],
    [
      'getStats',
      'readScope',
      () => guarded.request('/stats', { headers: { authorization: 'Bearer publish' } }),
    ],
    ['publish', 'tooManyEvents', () => post('/publish', many(12_000))],
    ['publish', 'bodyTooLarge', () => service.publishText(TOO_LARGE, { 'content-encoding': 'gzip' })],
    ['publish', 'publishMediaType', () => post('/publish', 'x', { 'content-type': 'text/plain' })],
    ['publish', 'contentEncoding', () => post('/publish', 'x', { ...json, 'content-encoding': 'compress' })],
    ['publish', 'invalidEvents', () => service.publish([event, event, { ...event, data: {} }, withoutTopic])],
    [
      'publish',
      'noValidLine',
      () => post('/publish', JSON.stringify(withoutTopic), { 'content-type': 'application/x-ndjson' }),
    ],
    [
      'publish',
      'numberOutOfRange',
      () => post('/publish', JSON.stringify({ ...event, payload: { total: 0 } }).replace(':0}', ':1e1001}')),
    ],
    [
      'publish',
      'eventTooLarge',
      () => service.publish([event, { ...event, payload: { text: 'x'.repeat(1_048_576) } }]),
    ],
    ['listEvents', 'invalidQuery', () => service.request('/events?limit=0')],
    ['getStats', 'unknownParameter', () => service.request('/stats?limit=10')],
    ['streamEvents', 'foreignCursor', () => service.request('/events/stream?after=999999')],
    ['getEvent', 'noEvent', () => service.request('/events/orders/order-2001')],
    ['lookupEvents', 'tooManyKeys', () => post('/events/lookup', `{"keys":${many(12_000)}}`)],
    ['lookupEvents', 'mediaType', () => post('/events/lookup', 'x', { 'content-type': 'text/plain' })],
    ['lookupEvents', 'invalidKeys', () => post('/events/lookup', '{"keys":[{"event_id":"order-2001"}]}')],
  ])('equals the response of the service: %s %s', async (id, name, send) => {
    const response = await send();
    const real = (await response.json()) as Problem;
    // Newer versions of Node also decompress zstd.
    const detail = real.detail.replace(', zstd.', '.');
    expect(real.request_id).toBe(response.headers.get('x-request-id'));
    expect({ ...real, detail, request_id: EXAMPLE_ID }).toEqual(problemNamed(id, name));
    expect(response.status).toBe(real.status);
  });
});

describe('the request examples of the OpenAPI document', () => {
  it('are accepted in every media type, without conflicts', async () => {
    const bodies = bodiesOf('publish');
    expect(bodies.map(({ name }) => name)).toEqual([
      'one',
      'array',
      'batch',
      'application/x-ndjson',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
    ]);
    for (const { name, type, text } of bodies) {
      const response = await service.publishText(text, { 'content-type': type });
      expect([name, response.status]).toEqual([name, 200]);
      expect([name, await response.json()]).toEqual([name, expect.not.objectContaining({ rejected: 1 })]);
    }
    expect(await service.stats()).toMatchObject({ conflicts: 0, topics: ['orders'] });
  });

  it('share no key with the README, whose payloads may differ', () => {
    const keys = bodiesOf('publish').flatMap(({ text }) => [...text.matchAll(/"event_id":"([^"]+)"/g)]);
    const readme = readFileSync('README.md', 'utf8');
    expect(keys.length).toBeGreaterThan(3);
    expect(keys.filter(([, eventId]) => readme.includes(eventId!))).toEqual([]);
  });

  it('look up a stored and a missing key', async () => {
    const { type, text } = bodiesOf('lookupEvents')[0]!;
    const response = await service.request('/events/lookup', {
      method: 'POST',
      headers: { 'content-type': type },
      body: text,
    });
    expect(await response.json()).toEqual({
      stored: [{ topic: 'orders', event_id: 'order-2001', seq: 1 }],
      missing: [{ topic: 'orders', event_id: 'order-9999' }],
    });
  });
});
