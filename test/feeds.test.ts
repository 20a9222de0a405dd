import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { anEvent, events } from './harness/an-event.js';
import { eventually, Service } from './harness/service.js';
import type { LookupAnswer } from '../src/query/lookup.dto.js';
import type { PublishedBatch, PublishedEvent, PublishedLines } from '../src/ingest/publish.dto.js';
import type { TopicsPage } from '../src/stats/topics.dto.js';
import type { EventsPage } from '../src/query/events.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

const publishLines = async (body: string | Buffer, headers: Record<string, string> = {}) => {
  const response = await service.publishText(body, { 'content-type': 'application/x-ndjson', ...headers });
  expect(response.status).toBe(200);
  return (await response.json()) as PublishedLines;
};
const asLines = (list: object[]) => list.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('POST /publish with NDJSON', () => {
  it('stores every valid line in order and tells each bad one by its number', async () => {
    const [first, second] = [anEvent({ topic: 'lines' }), anEvent({ topic: 'lines' })];
    const body = [
      JSON.stringify(first),
      '',
      '{"topic": ',
      `${JSON.stringify(second)}\r`,
      JSON.stringify({ ...first, topic: '' }),
      JSON.stringify(first),
      JSON.stringify({ ...second, payload: {} }),
      '[]',
      JSON.stringify({ ...first, payload: { n: 0 } }).replace(':0', ':12345678901234567890'),
    ].join('\n');
    const answer = await publishLines(body);
    expect(answer).toMatchObject({ received: 4, stored: 2, duplicates: 1, conflicts: 1, rejected: 4 });
    expect(answer.errors.map(({ line }) => line)).toEqual([3, 5, 8, 9]);
    expect(answer.errors[1]!.detail).toMatch(/^\/topic must be/);
    const { events: stored } = await service.get<EventsPage>('/events?topic=lines&order=asc');
    expect(stored.map(({ event_id }) => event_id)).toEqual([first.event_id, second.event_id]);
  });

  it('takes a body of any length, larger than the limit of other bodies', async () => {
    const many = events(20_000, { topic: 'long' });
    const body = asLines(many);
    expect(body.length).toBeGreaterThan(2_000_000);
    expect(await publishLines(body)).toEqual({
      received: 20_000,
      stored: 20_000,
      duplicates: 0,
      conflicts: 0,
      rejected: 0,
      complete: true,
      errors: [],
    });
    expect(await publishLines(gzipSync(body), { 'content-encoding': 'gzip' })).toMatchObject({
      duplicates: 20_000,
    });
    const everything = await (
      await service.request('/events?topic=long&order=asc', { headers: { accept: 'application/x-ndjson' } })
    ).text();
    const ids = everything
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event_id: string }).event_id);
    expect(ids).toEqual(many.map(({ event_id }) => event_id));
  });

  it('tells the first hundred errors, and counts all', async () => {
    const answer = await publishLines('nonsense\n'.repeat(250));
    expect(answer).toMatchObject({ received: 0, rejected: 250 });
    expect(answer.errors.map(({ line }) => line)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  it('refuses a line that is too long or not UTF-8, and only that', async () => {
    const [before, after] = [anEvent(), anEvent()];
    const long = JSON.stringify(anEvent({ payload: { text: 'x'.repeat(300_000) } }));
    const broken = Buffer.concat([Buffer.from('{"topic":"'), Buffer.from([0xff]), Buffer.from('"}\n')]);
    const answer = await publishLines(
      Buffer.concat([
        Buffer.from(asLines([before])),
        Buffer.from(`${long}\n`),
        broken,
        Buffer.from(asLines([after])),
      ]),
    );
    expect(answer).toMatchObject({ received: 2, stored: 2, rejected: 2 });
    expect(answer.errors.map(({ line }) => line)).toEqual([2, 3]);
  });

  it('keeps what was stored when the connection breaks, so that sending it again is safe', async () => {
    const many = events(5_000, { topic: 'broken' });
    const body = asLines(many);
    const sending = request(`${service.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    sending.on('error', () => {});
    sending.write(body.slice(0, body.length / 2));
    const stored = async () => (await service.get<TopicsPage>('/topics?after=broke&limit=1')).topics[0]!;
    await eventually(async () => (await stored()).topic === 'broken' && (await stored()).received >= 1_000);
    sending.destroy();
    await new Promise((resolve) => sending.once('close', resolve));
    const { received, duplicates, stored: fresh } = await publishLines(body);
    expect([received, duplicates + fresh]).toEqual([5_000, 5_000]);
    expect(duplicates).toBeGreaterThanOrEqual(1_000);
    expect(await stored()).toMatchObject({ unique_processed: 5_000 });
  });

  it('keeps the lines before the place where a compressed body breaks off, and tells where that is', async () => {
    const packed = gzipSync(asLines(events(5_000, { topic: 'cut' })));
    const answer = await publishLines(packed.subarray(0, packed.length - 100), {
      'content-encoding': 'gzip',
    });
    expect(answer).toMatchObject({ rejected: 0, complete: false });
    expect(answer.errors).toEqual([
      { line: answer.received + 1, detail: expect.stringMatching(/could not be read: .* not valid gzip/) },
    ]);
    const [cut] = (await service.get<TopicsPage>('/topics?after=cus&limit=1')).topics;
    expect(cut).toMatchObject({ topic: 'cut', received: answer.received });
  });

  it('of which nothing can be unpacked is refused, and leaves no half-read body on the connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asking = request(`${service.url}/publish`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    });
    asking.end(asLines(events(5_000)));
    const [refused] = (await once(asking, 'response')) as [IncomingMessage];
    expect([refused.statusCode, refused.headers.connection]).toEqual([400, 'close']);
    refused.resume();
    await once(refused, 'end');
    const [next] = (await once(request(`${service.url}/health/live`, { agent }).end(), 'response')) as [
      IncomingMessage,
    ];
    expect(next.statusCode).toBe(200);
    next.resume();
    agent.destroy();
  });

  it('is stored as it comes, without waiting for more', async () => {
    const feed = request(`${service.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const answered = once(feed, 'response');
    const stored = async () => (await service.get<EventsPage>('/events?topic=drip')).count;
    for (let count = 1; count <= 3; count++) {
      feed.write(asLines([anEvent({ topic: 'drip' })]));
      await eventually(async () => (await stored()) === count);
    }
    feed.end();
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  it('keeps the limit of a line to the byte, however the bytes arrive', async () => {
    const roomy = await Service.start();
    const of = (bytes: number) => {
      const event = anEvent({ topic: 'edge' });
      const rest = bytes - JSON.stringify({ ...event, payload: { text: '' } }).length;
      return JSON.stringify({ ...event, payload: { text: 'x'.repeat(rest) } });
    };
    const [fits, tooLong] = [of(1024 * 1024), of(1024 * 1024 + 1)];
    for (const pieces of [1_000, 65_536, 4_000_000]) {
      const feed = request(`${roomy.url}/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
      });
      const body = `${tooLong}\n${fits}\n${tooLong}`;
      for (let at = 0; at < body.length; at += pieces) feed.write(body.slice(at, at + pieces));
      feed.end();
      const [response] = (await once(feed, 'response')) as [IncomingMessage];
      const answer = JSON.parse((await response.setEncoding('utf8').toArray()).join('')) as PublishedLines;
      expect(answer).toMatchObject({ received: 1, rejected: 2 });
      expect(answer.errors.map(({ line }) => line)).toEqual([1, 3]);
    }
  });

  it('answers sums with 200, whatever is preferred, and however the media type is written', async () => {
    const response = await service.publishText(asLines([anEvent()]), {
      'content-type': 'Application/X-NDJSON',
      prefer: 'respond-async, return=minimal',
    });
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, null]);
    expect(await response.json()).toMatchObject({ stored: 1 });
  });

  it('is stored in parts that the queue can hold, and refuses only the line that it cannot', async () => {
    const small = await Service.start({ QUEUE_CAPACITY: '100', QUEUE_CAPACITY_BYTES: '50000' });
    const large = anEvent({ payload: { text: 'x'.repeat(60_000) } });
    const body = asLines([...events(500), large, ...events(500)]);
    const response = await small.publishText(body, { 'content-type': 'application/x-ndjson' });
    expect(await response.json()).toMatchObject({
      received: 1_000,
      stored: 1_000,
      rejected: 1,
      errors: [{ line: 501 }],
    });
    const stored = await small.everything();
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  it('takes an empty body as no lines', async () => {
    expect(await publishLines('\n\n')).toMatchObject({ received: 0, rejected: 0 });
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in %s is unpacked', async (encoding, compress) => {
    const event = anEvent({ topic: 'compressed' });
    const response = await service.publishText(compress(JSON.stringify(event)), {
      'content-encoding': encoding,
    });
    expect(await response.json()).toMatchObject({ outcome: 'stored', event_id: event.event_id });
  });

  it.each(['GZIP', 'x-gzip'])('in %s is gzip', async (encoding) => {
    const packed = gzipSync(JSON.stringify(anEvent()));
    expect((await service.publishText(packed, { 'content-encoding': encoding })).status).toBe(200);
  });

  it('is limited by what comes out of it', async () => {
    const bomb = gzipSync(JSON.stringify(anEvent({ payload: { text: 'x'.repeat(50_000_000) } })));
    expect(bomb.length).toBeLessThan(100_000);
    expect((await service.publishText(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('that is no gzip is 400, and an unknown encoding 415', async () => {
    expect((await service.publish(anEvent(), { 'content-encoding': 'gzip' })).status).toBe(400);
    const unknown = await service.publish(anEvent(), { 'content-encoding': 'lzma' });
    expect([unknown.status, unknown.headers.get('accept-encoding')]).toEqual([
      415,
      expect.stringContaining('gzip, deflate, br'),
    ]);
  });

  it('is answered compressed to those who ask', async () => {
    for (const encoding of ['gzip', 'br']) {
      const headers = { 'accept-encoding': encoding };
      const response = await service.request('/events?topic=long&limit=1000', { headers });
      expect(response.headers.get('content-encoding')).toBe(encoding);
      expect(((await response.json()) as EventsPage).count).toBe(1_000);
    }
  });
});

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
    expect((await response.json()) as LookupAnswer).toEqual({
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

describe('GET /topics', () => {
  it('pages by name and adds up to /stats', async () => {
    await service.publish(events(5).map((event, index) => ({ ...event, topic: `topic-${index}` })));
    const all: TopicsPage['topics'] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: TopicsPage = await service.get(
        `/topics?limit=2${after && `&after=${encodeURIComponent(after)}`}`,
      );
      all.push(...page.topics);
      after = page.next_cursor;
    }
    const stats = await service.stats();
    expect(all.map(({ topic }) => topic).sort()).toEqual([...stats.topics].sort());
    for (const counter of ['received', 'unique_processed', 'duplicate_dropped', 'conflicts'] as const) {
      expect(all.reduce((sum, topic) => sum + topic[counter], 0)).toBe(stats[counter]);
    }
    const [newest] = (await service.get<EventsPage>('/events?topic=topic-4')).events;
    expect(all.find(({ topic }) => topic === 'topic-4')).toMatchObject({
      first_event_at: newest!.processed_at,
      last_event_at: newest!.processed_at,
    });
  });
});

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

  it('are stored from the binary mode, and known again in the others', async () => {
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
  ])('with %s as data keep it', async (name, data, payload) => {
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

  it('keep apart sources and ids that would be one if they were joined', async () => {
    const of = (source: string, id: string) =>
      send(HTTP.structured(new CloudEvent({ type: 'com.example.order', source, id, data: {} })));
    expect(await (await of('/a#b', '1')).json()).toMatchObject({ outcome: 'stored', event_id: '/a%23b#1' });
    expect(await (await of('/a%23b', '1')).json()).toMatchObject({
      outcome: 'stored',
      event_id: '/a%2523b#1',
    });
    expect(await (await of('/a', 'b#1')).json()).toMatchObject({ outcome: 'stored', event_id: '/a#b#1' });
  });

  it('have their headers percent-decoded in binary mode', async () => {
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

  it('in binary mode are told by their headers what is wrong', async () => {
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

  it('in binary mode may have any kind of JSON as data, or none', async () => {
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

  it('in a batch are refused together, and each wrong one is named', async () => {
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

  it('without a time get that of receipt', async () => {
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
    ['a bad time', { time: '2026-02-30T12:00:00Z' }, '/time'],
    ['an empty subject', { subject: '' }, '/subject'],
    ['data of two kinds', { data: {}, data_base64: 'AAAA' }, '/data_base64'],
    ['a type of control characters', { type: '\n' }, '/type'],
  ])('with %s are refused', async (_, changes, pointer) => {
    const body = { specversion: '1.0', type: 't', source: 's', id: 'i', ...changes };
    const response = await service.publishText(JSON.stringify(body), {
      'content-type': 'application/cloudevents+json',
    });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors.map((error) => error.pointer)).toContain(pointer);
  });

  it.each(['null', '5', '[]', '""'])('are JSON objects, and not %s', async (body) => {
    const response = await service.publishText(body, { 'content-type': 'application/cloudevents+json' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '', detail: 'must be a CloudEvent: a JSON object' }],
    });
  });

  it('keep binary data as it came, and apart from text', async () => {
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

  it.each(['application/cloudevents+avro', 'text/plain'])('as %s are 415', async (type) => {
    const headers = { ...(HTTP.binary(event).headers as Record<string, string>), 'content-type': type };
    expect((await service.publishText('x', headers)).status).toBe(415);
  });
});
