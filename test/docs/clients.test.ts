import { Service } from '../harness/service.js';
import { GeneratedClient } from './generated-client.js';

const service = await Service.start();
const document = await service.get<object>('/openapi.json');

/** Orval sends a Content-Type only if its configuration leaves one media type per body. */
const ORVAL_CONFIG = `module.exports = {
  api: {
    input: './openapi.json',
    output: {
      target: './client.ts',
      client: 'fetch',
      baseUrl: '${service.url}',
      override: { contentType: { include: ['application/json', 'application/problem+json'] } },
    },
  },
};`;

const openApiTypescript = await GeneratedClient.create(document, [
  'openapi-typescript/bin/cli.js',
  'openapi.json',
  '--output',
  'schema.ts',
]);
const heyApi = await GeneratedClient.create(document, [
  '@hey-api/openapi-ts/bin/run.js',
  '--input',
  'openapi.json',
  '--output',
  'client',
  '--no-log-file',
]);
const orval = await GeneratedClient.create(document, ['orval/dist/bin/orval.js', '--config', 'orval.cjs'], {
  'orval.cjs': ORVAL_CONFIG,
});
afterAll(() => [openApiTypescript, heyApi, orval].forEach((client) => client.remove()));

/** Returns the part of a program that is the same for each client: an event, and its key. */
const anEvent = (type: string, topic: string) => `
  const event: ${type} = {
    topic: '${topic}', event_id: 'e-1', timestamp: '2026-01-31T12:00:00Z', source: 'test', payload: { a: [1, 2] },
  };
  const { topic, event_id } = event;
`;

const OPENAPI_FETCH = `
  import createClient from 'openapi-fetch';
  import type { components, paths } from './schema.js';
  ${anEvent("components['schemas']['Event']", 'openapi-fetch')}

  export async function speak(baseUrl: string) {
    // GET /events also has a response of another media type.
    const client = createClient<paths, 'application/json' | 'application/problem+json'>({ baseUrl });
    const { data: one } = await client.POST('/publish', { body: event });
    if (!one || !('seq' in one)) throw new Error('The response to one event has no seq.');
    const outcome: 'stored' | 'duplicate' | 'conflict' = one.outcome;

    const { data: many } = await client.POST('/publish', {
      body: [event, { ...event, event_id: 'e-2' }],
      params: { header: { Prefer: 'return=minimal' } },
    });
    if (!many || !('duplicates' in many)) throw new Error('The response to a batch has no counts.');
    const { received, stored, duplicates } = many;

    const { data: found } = await client.GET('/events/{topic}/{event_id}', { params: { path: { topic, event_id } } });
    const payload: { [key: string]: unknown } | undefined = found?.payload;

    const { data: page } = await client.GET('/events', { params: { query: { topic, limit: 5, order: 'asc' } } });
    const next: number | null | undefined = page?.next_cursor;

    const { data: keys } = await client.POST('/events/lookup', {
      body: { keys: [{ topic, event_id }, { topic, event_id: 'e-3' }] },
    });

    const { error } = await client.POST('/publish', { body: { events: [{ ...event, topic: '' }] } });
    const kind: 'urn:problem:invalid-request' | undefined =
      error?.type === 'urn:problem:invalid-request' ? error.type : undefined;
    return {
      outcome, batch: { received, stored, duplicates }, payload, next,
      page: page?.events.map((stored) => stored.event_id),
      found: keys?.stored.map(({ seq, event_id: id }) => [id, seq === one.seq]),
      missing: keys?.missing.map((key) => key.event_id),
      rejected: { kind, status: error?.status, pointers: error?.errors?.map(({ pointer }) => pointer) },
    };
  }
`;

const HEY_API = `
  import { createClient } from './client/client/index.js';
  import { getEvent, listEvents, lookupEvents, publish } from './client/sdk.gen.js';
  import type { Event } from './client/types.gen.js';
  ${anEvent('Event', 'hey-api')}

  export async function speak(baseUrl: string) {
    const client = createClient({ baseUrl });
    const { data: one } = await publish({ client, body: event });
    if (!one || !('seq' in one)) throw new Error('The response to one event has no seq.');
    const outcome: 'stored' | 'duplicate' | 'conflict' = one.outcome;

    const { data: many } = await publish({
      client, body: [event, { ...event, event_id: 'e-2' }], headers: { Prefer: 'return=minimal' },
    });
    if (!many || !('duplicates' in many)) throw new Error('The response to a batch has no counts.');
    const { received, stored, duplicates } = many;

    const { data: found } = await getEvent({ client, path: { topic, event_id } });
    const payload: { [key: string]: unknown } | undefined = found?.payload;

    const { data: page } = await listEvents({ client, query: { topic, limit: 5, order: 'asc' } });
    const next: number | null | undefined = page?.next_cursor;

    const { data: keys } = await lookupEvents({
      client, body: { keys: [{ topic, event_id }, { topic, event_id: 'e-3' }] },
    });

    const { error } = await publish({ client, body: { events: [{ ...event, topic: '' }] } });
    const kind: 'urn:problem:invalid-request' | undefined =
      error?.type === 'urn:problem:invalid-request' ? error.type : undefined;
    return {
      outcome, batch: { received, stored, duplicates }, payload, next,
      page: page?.events.map((stored) => stored.event_id),
      found: keys?.stored.map(({ seq, event_id: id }) => [id, seq === one.seq]),
      missing: keys?.missing.map((key) => key.event_id),
      rejected: { kind, status: error?.status, pointers: error?.errors?.map(({ pointer }) => pointer) },
    };
  }
`;

const ORVAL = `
  import { type Event, getEvent, listEvents, lookupEvents, publish } from './client.js';
  ${anEvent('Event', 'orval')}

  export async function speak() {
    const one = await publish(event);
    if (one.status !== 200 || !('seq' in one.data)) throw new Error('The response to one event has no seq.');
    const { seq } = one.data;
    const outcome: 'stored' | 'duplicate' | 'conflict' = one.data.outcome;

    const many = await publish([event, { ...event, event_id: 'e-2' }], { headers: { Prefer: 'return=minimal' } });
    if (many.status !== 200 || !('duplicates' in many.data)) throw new Error('The response to a batch has no counts.');
    const { received, stored, duplicates } = many.data;

    const found = await getEvent(topic, event_id);
    const payload: { [key: string]: unknown } | undefined = found.status === 200 ? found.data.payload : undefined;

    const page = await listEvents({ topic, limit: 5, order: 'asc' });
    if (page.status !== 200) throw new Error('The page was rejected.');
    const next: number | null = page.data.next_cursor;

    const keys = await lookupEvents({ keys: [{ topic, event_id }, { topic, event_id: 'e-3' }] });
    if (keys.status !== 200) throw new Error('The lookup was rejected.');

    const { data: error, status } = await publish({ events: [{ ...event, topic: '' }] });
    if (status !== 422) throw new Error('The event was not rejected.');
    const kind: 'urn:problem:invalid-request' | undefined =
      error.type === 'urn:problem:invalid-request' ? error.type : undefined;
    return {
      outcome, batch: { received, stored, duplicates }, payload, next,
      page: page.data.events.map((event) => event.event_id),
      found: keys.data.stored.map((key) => [key.event_id, key.seq === seq]),
      missing: keys.data.missing.map((key) => key.event_id),
      rejected: { kind, status: error.status, pointers: error.errors?.map(({ pointer }) => pointer) },
    };
  }
`;

describe('a client generated from the OpenAPI document', () => {
  it.each([
    { tool: 'openapi-typescript', client: openApiTypescript, program: OPENAPI_FETCH },
    { tool: '@hey-api/openapi-ts', client: heyApi, program: HEY_API },
    { tool: 'orval', client: orval, program: ORVAL },
  ])(
    'by $tool compiles under strict, publishes and reads, and gets a typed 422',
    async ({ client, program }) => {
      expect(client.compile('program', program)).toEqual([]);
      const { speak } = await client.load<{ speak: (url: string) => Promise<unknown> }>('program');
      expect(await speak(service.url)).toEqual({
        outcome: 'stored',
        batch: { received: 2, stored: 1, duplicates: 1 },
        payload: { a: [1, 2] },
        next: null,
        page: ['e-1', 'e-2'],
        found: [['e-1', true]],
        missing: ['e-3'],
        rejected: { kind: 'urn:problem:invalid-request', status: 422, pointers: ['/events/0/topic'] },
      });
    },
  );

  it('does not compile with an incomplete event, an unknown member, an unknown value or an unknown path', () => {
    const MISUSE = `
      import createClient from 'openapi-fetch';
      import type { components, paths } from './schema.js';
      ${anEvent("components['schemas']['Event']", 'misuse')}
      const client = createClient<paths>({ baseUrl: 'http://localhost' });
      await client.POST('/publish', { body: { topic, event_id } });
      const unknown: components['schemas']['Event'] = { ...event, data: {} };
      await client.GET('/events', { params: { query: { order: 'up' } } });
      await client.GET('/nothing');
    `;
    expect(openApiTypescript.compile('misuse', MISUSE)).toHaveLength(4);
  });
});
