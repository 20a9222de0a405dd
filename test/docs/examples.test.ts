import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Service } from '../harness/service.js';
import { type OpenApi, operationsOf, type Problem } from './document.js';

const keyHash = createHash('sha256').update('read-key').digest('hex');
const service = await Service.start();
const guarded = await Service.start({ API_KEYS: `docs:read:${keyHash}` });
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

/** Lists the examples of an operation's errors. */
function problemsOf(id: string): Problem[] {
  return Object.values(operationNamed(id).responses).flatMap(({ content }) =>
    Object.values(content['application/problem+json']?.examples ?? {}).map(({ value }) => value),
  );
}

describe('the examples of a request', () => {
  it('publish in every media type, without a conflict with each other', async () => {
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

  it('publish no key of the README, where its payload may differ', () => {
    const keys = bodiesOf('publish').flatMap(({ text }) => [...text.matchAll(/"event_id":"([^"]+)"/g)]);
    const readme = readFileSync('README.md', 'utf8');
    expect(keys.length).toBeGreaterThan(3);
    expect(keys.filter(([, eventId]) => readme.includes(eventId!))).toEqual([]);
  });

  it('look up keys', async () => {
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

describe('the examples of an error', () => {
  const json = { 'content-type': 'application/json' };
  const post = (body: string, headers: Record<string, string> = json): RequestInit => ({
    method: 'POST',
    headers,
    body,
  });
  const many = (count: number, item: object) => JSON.stringify(Array.from({ length: count }, () => item));
  const authorization = { authorization: 'Bearer read-key' };

  it.each<[id: string, status: number, send: () => Promise<globalThis.Response>]>([
    ['publish', 400, () => service.request('/publish', post('{'))],
    ['publish', 401, () => guarded.request('/publish', post('{}'))],
    ['publish', 401, () => guarded.request('/publish', post('{}', { authorization: 'Bearer x', ...json }))],
    ['publish', 403, () => guarded.request('/publish', post('{}', { ...authorization, ...json }))],
    ['publish', 413, () => service.request('/publish', post(many(12_000, {})))],
    ['publish', 413, () => service.request('/publish', post(`"${'x'.repeat(17_000_000)}"`))],
    ['publish', 415, () => service.request('/publish', post('x', { 'content-type': 'text/plain' }))],
    [
      'publish',
      415,
      () => service.request('/publish', post('x', { ...json, 'content-encoding': 'compress' })),
    ],
    ['publish', 422, () => service.request('/publish', post('[{}]'))],
    ['listEvents', 400, () => service.request('/events?topic=%')],
    ['listEvents', 422, () => service.request('/events?limit=0')],
    ['streamEvents', 422, () => service.request('/events/stream?after=999999')],
    ['getEvent', 404, () => service.request('/events/orders/no-such-event')],
    ['lookupEvents', 413, () => service.request('/events/lookup', post(`{"keys":${many(12_000, {})}}`))],
    [
      'lookupEvents',
      415,
      () => service.request('/events/lookup', post('x', { 'content-type': 'text/plain' })),
    ],
    ['lookupEvents', 422, () => service.request('/events/lookup', post('{"keys":[{}]}'))],
  ])('of %s have the type and the title of the real %d', async (id, status, send) => {
    const response = await send();
    const real = (await response.json()) as Problem;
    expect(real.status).toBe(status);
    const documented = problemsOf(id).filter((problem) => problem.status === status);
    expect(documented).not.toEqual([]);
    for (const { type, title } of documented)
      expect({ type, title }).toEqual({ type: real.type, title: real.title });
  });
});
