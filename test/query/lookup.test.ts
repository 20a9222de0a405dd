import { events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import type { LookupResult } from '../../src/query/lookup.dto.js';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

describe('POST /events/lookup', () => {
  const lookup = (body: string, type = 'application/json') =>
    service.request('/events/lookup', { method: 'POST', headers: { 'content-type': type }, body });

  it('rejects more than 10 000 keys with 413', async () => {
    const keys = Array.from({ length: 10_001 }, () => ({ topic: 'a', event_id: 'b' }));
    expect((await lookup(JSON.stringify({ keys }))).status).toBe(413);
  });

  it.each(['application/x-ndjson', 'application/cloudevents+json'])(
    'rejects %s, which only /publish accepts, with 415',
    async (type) => {
      expect((await lookup('{"keys":[]}', type)).status).toBe(415);
    },
  );

  it('rejects unknown members of the body and of a key', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const response = await lookup(`{"keys":[{"topic":"a","event_id":"b","x":${deep}}]}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          pointer: '/keys/0/x',
          detail: 'is not a member of a key; the members are topic and event_id',
        },
      ],
    });
    const others = await lookup('{"keys":[{"topic":"a","event_id":"b"}],"limit":1}');
    expect(await others.json()).toMatchObject({
      errors: [{ pointer: '/limit', detail: 'is not a member of a lookup; the only member is keys' }],
    });
  });

  it('rejects a body with 100 000 unknown members', async () => {
    const roomy = await Service.start();
    const others = Array.from({ length: 100_000 }, (_, index) => `"a${index}":{}`).join();
    const response = await roomy.request('/events/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{${others},"keys":[{"topic":"a","event_id":"b"}]}`,
    });
    expect(response.status).toBe(422);
    expect(((await response.json()) as { errors: object[] }).errors).toHaveLength(100);
  });

  it('reports missing members as required', async () => {
    const response = await lookup('{"keys":[{"event_id":"b"},{"topic":""}]}');
    expect(await response.json()).toMatchObject({
      errors: [
        { pointer: '/keys/0/topic', detail: 'is required' },
        { pointer: '/keys/1/topic', detail: expect.stringMatching(/^must be/) },
        { pointer: '/keys/1/event_id', detail: 'is required' },
      ],
    });
  });

  it('separates the stored keys from the missing ones', async () => {
    const there = events(3, { topic: 'looked-up' });
    const { results } = (await (await service.publish(there)).json()) as PublishedBatch;
    const [first, second, third] = results!.map(({ topic, event_id, seq }) => ({ topic, event_id, seq }));
    const missing = { topic: 'looked-up', event_id: 'never' };
    const response = await service.request('/events/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        keys: [third, missing, first, second].map((key) => ({ topic: key!.topic, event_id: key!.event_id })),
      }),
    });
    expect(response.status).toBe(200);
    expect((await response.json()) as LookupResult).toEqual({
      stored: [third, first, second],
      missing: [missing],
    });
  });

  it.each([
    [{}, '/keys'],
    [{ keys: [] }, '/keys'],
    [{ keys: 'all' }, '/keys'],
    [[], ''],
    [null, ''],
    [{ keys: [{ topic: 'a' }] }, '/keys/0/event_id'],
    [{ keys: [{ topic: 'a', event_id: 'b' }, null] }, '/keys/1'],
  ])('rejects %j with 422', async (body, pointer) => {
    const response = await lookup(JSON.stringify(body));
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors[0]!.pointer).toBe(pointer);
  });
});
