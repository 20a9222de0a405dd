import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { Service } from '../harness/service.js';
import type { PublishedEvent } from '../../src/ingest/publish.dto.js';
import type { EventsPage } from '../../src/query/events.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

describe('CloudEvents', () => {
  const event = new CloudEvent({
    type: 'com.example.order',
    source: '/shop',
    id: '1',
    time: '2026-01-31T12:00:00.000Z',
    data: { total: 1 },
  });
  const send = ({ headers, body }: Message) =>
    service.publishText(body as string, headers as Record<string, string>);
  const stored = async (id: string) =>
    (await service.get<EventsPage>(`/events?topic=com.example.order&limit=1000`)).events.find(
      ({ event_id }) => event_id === id,
    );

  it('are stored in binary mode, and are duplicates in the other modes', async () => {
    expect(await (await send(HTTP.binary(event))).json()).toMatchObject({
      outcome: 'stored',
      event_id: '/shop#1',
    });
    expect(await (await send(HTTP.structured(event))).json()).toMatchObject({ outcome: 'duplicate' });
    const batch = {
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify([event, event.cloneWith({ id: '2' }), event.cloneWith({ source: '/other' })]),
    };
    expect(await (await send(batch)).json()).toMatchObject({ received: 3, stored: 2, duplicates: 1 });
    expect(await stored('/shop#1')).toMatchObject({
      topic: 'com.example.order',
      event_id: '/shop#1',
      source: '/shop',
      timestamp: '2026-01-31T12:00:00.000Z',
      payload: { total: 1 },
    });
  });

  it.each<[string, unknown, object]>([
    ['text', 'hello', { value: 'hello' }],
    ['a number', 0, { value: 0 }],
    ['false', false, { value: false }],
    ['null', null, { value: null }],
    ['an array', [1, 2], { value: [1, 2] }],
    ['an object', { a: { b: 1 } }, { a: { b: 1 } }],
    ['nothing', undefined, {}],
  ])('keep %s as data', async (name, data, payload) => {
    const body = JSON.stringify({
      specversion: '1.0',
      type: 'com.example.order',
      source: '/data',
      id: name,
      data,
    });
    const response = await service.publishText(body, {
      'content-type': 'application/cloudevents+json; charset=utf-8',
    });
    const { outcome, event_id } = (await response.json()) as PublishedEvent;
    expect(outcome).toBe('stored');
    expect((await stored(event_id))!.payload).toEqual(payload);
  });

  it('do not collide if the joined source and id are equal', async () => {
    const of = (source: string, id: string) =>
      send(HTTP.structured(new CloudEvent({ type: 'com.example.order', source, id, data: {} })));
    expect(await (await of('/a#b', '1')).json()).toMatchObject({ outcome: 'stored', event_id: '/a%23b#1' });
    expect(await (await of('/a%23b', '1')).json()).toMatchObject({
      outcome: 'stored',
      event_id: '/a%2523b#1',
    });
    expect(await (await of('/a', 'b#1')).json()).toMatchObject({ outcome: 'stored', event_id: '/a#b#1' });
  });

  it('in binary mode have their headers percent-decoded', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-type': 'com.example.order',
      'ce-source': '/caf%C3%A9',
      'ce-id': '1',
    };
    const response = await service.publish({ cup: 1 }, headers);
    expect(await response.json()).toMatchObject({ outcome: 'stored', event_id: '/café#1' });
    const quoted = await service.publish({ cup: 1 }, { ...headers, 'ce-id': '"x \\"y\\""' });
    expect(await quoted.json()).toMatchObject({ event_id: '/café#x "y"' });
  });

  it('in binary mode get 422 that names the invalid headers', async () => {
    const wrong = async (headers: Record<string, string>) => {
      const response = await service.publish({}, headers);
      expect(response.status).toBe(422);
      return ((await response.json()) as { errors: { pointer: string }[] }).errors.map(
        ({ pointer }) => pointer,
      );
    };
    expect(await wrong({ 'ce-type': 't', 'ce-source': 's' })).toEqual(['ce-id', 'ce-specversion']);
    const whole = { 'ce-type': 't', 'ce-source': 's', 'ce-id': 'i', 'ce-specversion': '1.0' };
    expect(await wrong({ ...whole, 'ce-time': 'nope' })).toEqual(['ce-time']);
    expect(await wrong({ ...whole, 'ce-id': 'i'.repeat(255) })).toEqual(['ce-id']);
  });

  it('in binary mode can have any JSON as data, or none', async () => {
    const headers = { 'ce-type': 'kinds', 'ce-source': 's', 'ce-id': 'i', 'ce-specversion': '1.0' };
    const some = await service.publish({ a: 1 }, { ...headers, 'content-type': 'application/vnd.shop+json' });
    expect(await some.json()).toMatchObject({ outcome: 'stored' });
    const none = await service.request('/publish', {
      method: 'POST',
      headers: { ...headers, 'ce-id': 'none' },
    });
    expect(await none.json()).toMatchObject({ outcome: 'stored' });
    const { events: kinds } = await service.get<EventsPage>('/events?topic=kinds&order=asc');
    expect(kinds.map(({ payload }) => payload)).toEqual([{ a: 1 }, {}]);
  });

  it('in a batch are rejected as a whole, and each invalid one is listed', async () => {
    const one = { specversion: '1.0', type: 't', source: 's', id: 'i' };
    const response = await service.publishText(
      JSON.stringify([one, { ...one, id: '' }, one, 7, { ...one, type: 1 }, null, { ...one, time: 'now' }]),
      {
        'content-type': 'application/cloudevents-batch+json',
      },
    );
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/1/id', '/3', '/4/type', '/5', '/6/time']);
  });

  it('without a time get the time of receipt', async () => {
    const before = new Date().toISOString();
    await send(HTTP.structured(new CloudEvent({ type: 'com.example.order', source: '/now', id: '1' })));
    const { timestamp } = (await stored('/now#1'))!;
    expect(timestamp >= before && timestamp <= new Date().toISOString()).toBe(true);
  });

  it.each([
    ['no id', { id: undefined }, '/id'],
    ['an empty source', { source: '' }, '/source'],
    ['no type', { type: undefined }, '/type'],
    ['another version', { specversion: '0.3' }, '/specversion'],
    ['an impossible time', { time: '2026-02-30T12:00:00Z' }, '/time'],
    ['an empty subject', { subject: '' }, '/subject'],
    ['data of two kinds', { data: {}, data_base64: 'AAAA' }, '/data_base64'],
    ['a type of control characters', { type: '\n' }, '/type'],
  ])('with %s get 422', async (_, changes, pointer) => {
    const body = { specversion: '1.0', type: 't', source: 's', id: 'i', ...changes };
    const response = await service.publishText(JSON.stringify(body), {
      'content-type': 'application/cloudevents+json',
    });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors.map((error) => error.pointer)).toContain(pointer);
  });

  it.each(['null', '5', '[]', '""'])('that are not JSON objects get 422: %s', async (body) => {
    const response = await service.publishText(body, { 'content-type': 'application/cloudevents+json' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '', detail: 'must be a CloudEvent: a JSON object' }],
    });
  });

  it('keep binary data as it was sent, distinct from text', async () => {
    const body = {
      specversion: '1.0',
      type: 'com.example.order',
      source: '/bytes',
      id: '1',
      data_base64: 'aGk=',
    };
    await service.publishText(JSON.stringify(body), { 'content-type': 'application/cloudevents+json' });
    expect((await stored('/bytes#1'))!.payload).toEqual({ data_base64: 'aGk=' });
  });

  it.each(['application/cloudevents+avro', 'text/plain'])(
    'with the content type %s get 415',
    async (type) => {
      const headers = { ...(HTTP.binary(event).headers as Record<string, string>), 'content-type': type };
      expect((await service.publishText('x', headers)).status).toBe(415);
    },
  );
});
