import { events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import type { LookupResult } from '../../src/query/lookup.dto.js';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

describe('POST /events/lookup', () => {
  const lookup = (body: string, type = 'application/json') =>
    service.request('/events/lookup', { method: 'POST', headers: { 'content-type': type }, body });

  it('refuses more keys than it answers for', async () => {
    const keys = Array.from({ length: 10_001 }, () => ({ topic: 'a', event_id: 'b' }));
    expect((await lookup(JSON.stringify({ keys }))).status).toBe(413);
  });

  it.each(['application/x-ndjson', 'application/cloudevents+json'])(
    'refuses %s, which only publish can read',
    async (type) => {
      expect((await lookup('{"keys":[]}', type)).status).toBe(415);
    },
  );

  it('passes over whatever else is in a key', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const response = await lookup(`{"keys":[{"topic":"a","event_id":"b","x":${deep}}]}`);
    expect(await response.json()).toEqual({ stored: [], missing: [{ topic: 'a', event_id: 'b' }] });
  });

  it('passes over whatever else is in the body', async () => {
    const roomy = await Service.start();
    const others = Array.from({ length: 200_000 }, (_, index) => `"a${index}":{}`).join();
    const response = await roomy.request('/events/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{${others},"keys":[{"topic":"a","event_id":"b"}]}`,
    });
    expect(await response.json()).toEqual({ stored: [], missing: [{ topic: 'a', event_id: 'b' }] });
  });

  it('tells the keys that are stored from those that are missing', async () => {
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
    [[], '/keys'],
    [null, '/keys'],
    [{ keys: [{ topic: 'a' }] }, '/keys/0/event_id'],
    [{ keys: [{ topic: 'a', event_id: 'b' }, null] }, '/keys/1/topic'],
  ])('refuses %j', async (body, pointer) => {
    const response = await lookup(JSON.stringify(body));
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors[0]!.pointer).toBe(pointer);
  });
});
