import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import type { ProblemDto } from '../../src/http/problem.dto.js';

const NDJSON = { 'content-type': 'application/x-ndjson' };

const service = await Service.start({ BODY_LIMIT_BYTES: '1000000', QUEUE_CAPACITY: '10000' });
await service.publish(anEvent());
const before = await service.stats();

/** Checks after every test that the rejected request changed no row and no counter. */
afterEach(async () => {
  expect(await service.stats()).toEqual({ ...before, uptime: expect.any(Number) });
  expect(await service.everything()).toHaveLength(1);
});

async function problemOf(response: Response): Promise<ProblemDto> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as ProblemDto;
  expect(problem).toMatchObject({
    type: expect.stringMatching(/^(about:blank|urn:problem:[a-z-]+)$/),
    title: expect.stringMatching(/./),
    status: response.status,
    detail: expect.stringMatching(/./),
    instance: new URL(response.url).pathname,
  });
  return problem;
}

describe('an invalid event', () => {
  const names = ['topic', 'event_id', 'source'] as const;
  const badNames: [string, unknown][] = [
    ['null', null],
    ['a number', 7],
    ['a boolean', true],
    ['an array', ['a']],
    ['an object', {}],
    ['an empty string', ''],
    ['blanks only', ' \u00a0 '],
    ['256 characters', 'x'.repeat(256)],
    ['a control character', 'a\u0000b'],
    ['a line break', 'a\nb'],
    ['a lone surrogate', '\ud800'],
  ];
  const badTimestamps: [string, unknown][] = [
    ['null', null],
    ['a number', 1_769_860_800],
    ['a date alone', '2026-01-31'],
    ['an impossible date', '2026-02-30T12:00:00Z'],
    ['an impossible leap day', '2025-02-29T12:00:00Z'],
    ['an impossible hour', '2026-01-31T24:00:00Z'],
    ['an impossible leap second', '2026-01-31T12:00:60Z'],
    ['a space instead of the T', '2026-01-31 12:00:00Z'],
    ['text', 'yesterday'],
    ['a number at its end', '2026-01-31T12:00:00Z1'],
  ];
  const badPayloads: [string, unknown][] = [
    ['null', null],
    ['text', '{}'],
    ['a number', 1],
    ['an array', []],
  ];
  const cases = [
    ...names.flatMap((field) => badNames.map(([what, value]) => [what, field, value] as const)),
    ...badTimestamps.map(([what, value]) => [what, 'timestamp', value] as const),
    ...badPayloads.map(([what, value]) => [what, 'payload', value] as const),
  ];

  it.each(cases)('with %s as its %s gets 422 that names the field', async (_, field, value) => {
    const response = await service.publish(anEvent({ [field]: value }));
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer: `/${field}`, detail: expect.stringMatching(/^must be/) },
    ]);
  });

  it.each([...names, 'timestamp'])('without %s gets 422 with the detail "is required"', async (field) => {
    const response = await service.publish([anEvent(), anEvent({ [field]: undefined })]);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([{ pointer: `/1/${field}`, detail: 'is required' }]);
  });
});

describe('an event', () => {
  it('with a topic of 255 characters of four bytes is valid', async () => {
    const response = await service.publish([anEvent({ topic: '🧡'.repeat(255) }), anEvent({ topic: '' })]);
    expect((await problemOf(response)).errors).toEqual([{ pointer: '/1/topic', detail: expect.any(String) }]);
  });
});

describe('an unknown member', () => {
  const detail =
    'is not a member of an event; the members are topic, event_id, timestamp, source and payload';
  const { payload, ...withoutPayload } = anEvent();
  const misspelt = { ...withoutPayload, data: payload };

  it.each([
    ['one event', misspelt, '/data'],
    ['an array', [anEvent(), misspelt], '/1/data'],
    ['{"events": […]}', { events: [misspelt] }, '/events/0/data'],
  ])('of an event in %s gets 422 with a pointer', async (_, body, pointer) => {
    const response = await service.publish(body);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([{ pointer, detail }]);
  });

  it('of an NDJSON line gets 422 with the line', async () => {
    const response = await service.publishText(JSON.stringify(misspelt), NDJSON);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([{ line: 1, pointer: '/data', detail }]);
  });

  it.each([
    ['a/b~c', '/a~1b~0c'],
    ['', '/'],
    ['x'.repeat(300_000), `/${'x'.repeat(255)}…`],
  ])('has its name escaped and shortened in the pointer: %.20s', async (name, pointer) => {
    const problem = await problemOf(await service.publish({ ...anEvent(), [name]: 1 }));
    expect(problem.errors).toEqual([{ pointer, detail }]);
  });

  it('is reported with the other problems of the event, up to 100 in all', async () => {
    const { topic: _, ...event } = misspelt;
    const problem = await problemOf(await service.publish(event));
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/topic', '/data']);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (__, index) => [`member-${index}`, 1]));
    expect((await problemOf(await service.publish({ ...anEvent(), ...many }))).errors).toHaveLength(100);
  });

  it('of a batch gets 422 with a pointer', async () => {
    const response = await service.publish({ events: [anEvent()], extra: 1 });
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer: '/extra', detail: expect.stringMatching(/^is not a member of a batch/) },
    ]);
  });

  it('of an object that is both an event and a batch gets 422 with a pointer', async () => {
    const response = await service.publish({ ...withoutPayload, events: [anEvent()] });
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors!.map(({ pointer }) => pointer)).toEqual(['/topic', '/event_id', '/timestamp', '/source']);
  });
});

describe('a batch', () => {
  it('with invalid events is rejected as a whole, and each problem is listed', async () => {
    const batch = [anEvent(), anEvent({ topic: '' }), anEvent(), anEvent({ timestamp: 'x', source: 1 })];
    const response = await service.publish(batch);
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem.detail).toMatch(/^2 of 4 events are invalid/);
    expect(problem.errors!.map(({ pointer }) => pointer).sort()).toEqual([
      '/1/topic',
      '/3/source',
      '/3/timestamp',
    ]);
  });

  it('as {"events": […]} gets pointers that begin with /events', async () => {
    const problem = await problemOf(await service.publish({ events: [anEvent(), anEvent({ topic: 1 })] }));
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/events/1/topic']);
  });

  it.each([
    ['is empty', [], ''],
    ['is empty, as an object', { events: [] }, '/events'],
    ['is not an array', { events: 'all' }, '/events'],
    ['is null', null, ''],
    ['is text', 'event', ''],
    ['is a number', 1, ''],
  ])('that %s gets 422', async (_, body, pointer) => {
    const response = await service.publish(body);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  it('with values that are not objects gets 422 that lists each', async () => {
    const problem = await problemOf(await service.publish([1, 'a', null, [], anEvent()]));
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/0', '/1', '/2', '/3']);
  });

  it('of 10 001 events gets 413', async () => {
    const small = events(10_001).map(() => 0);
    const response = await service.publish(small);
    expect(response.status).toBe(413);
    await problemOf(response);
  });
});

describe('a JSON body', () => {
  it.each(['{', '[1,', '{"topic":}', 'topic=orders', '{"a":1}}', ' \ufeff{}'])(
    'that is malformed gets 400: %j',
    async (text) => {
      const response = await service.publishText(text);
      expect(response.status).toBe(400);
      await problemOf(response);
    },
  );

  it('that is empty gets 400', async () => {
    expect((await problemOf(await service.publishText(''))).detail).toMatch(/empty/);
  });

  it('that is not UTF-8 gets 400', async () => {
    const [head, tail] = JSON.stringify(anEvent({ source: '@' })).split('@') as [string, string];
    const response = await service.publishText(
      Buffer.concat([Buffer.from(head), Buffer.from([0xff]), Buffer.from(tail)]),
    );
    expect(response.status).toBe(400);
    expect((await problemOf(response)).detail).toMatch(/UTF-8/);
  });

  it('larger than the limit gets 413', async () => {
    const response = await service.publish(anEvent({ payload: { text: 'x'.repeat(1_000_000) } }));
    expect(response.status).toBe(413);
    await problemOf(response);
  });

  it('larger than the limit, sent in chunks without a length, gets 413', async () => {
    const sending = request(`${service.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    sending.on('error', () => {}); // The service closes the connection before the body is complete.
    for (let sent = 0; sent <= 1_000_000; sent += 65_536) sending.write(Buffer.alloc(65_536, 'x'));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    answer.resume();
    const status = answer.statusCode;
    expect(status).toBe(413);
  });
});

describe('a media type', () => {
  const post = (path: string, type: string) =>
    service.request(path, { method: 'POST', headers: { 'content-type': type }, body: '{}' });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])(
    'that /publish does not support gets 415 that names it and the supported ones: %s',
    async (type) => {
      const response = await post('/publish', type);
      expect(response.status).toBe(415);
      const { detail } = await problemOf(response);
      expect(detail).toContain(`The media type "${type}" is not supported here.`);
      for (const name of ['application/json', 'CloudEvents', 'application/x-ndjson', 'application/jsonl'])
        expect(detail).toContain(name);
    },
  );

  it.each(['text/plain', 'application/x-ndjson', 'application/cloudevents+json'])(
    'that /events/lookup does not support gets 415 that names application/json only: %s',
    async (type) => {
      const response = await post('/events/lookup', type);
      expect(response.status).toBe(415);
      expect((await problemOf(response)).detail).toBe(
        `The media type "${type}" is not supported here. Send application/json.`,
      );
    },
  );

  it('that is long is truncated in the 415', async () => {
    const { detail } = await problemOf(await post('/publish', `text/"${'x'.repeat(1_000)}`));
    expect(detail).toMatch(/^The media type "text\/\\"x{94}…" is not supported here\./);
  });

  it('that is missing gets 415 that names Content-Type', async () => {
    const response = await service.request('/publish', { method: 'POST', body: Buffer.from('{}') });
    expect(response.status).toBe(415);
    expect((await problemOf(response)).detail).toMatch(
      /^The request has no Content-Type\. Send application\/json/,
    );
  });
});

describe('a body', () => {
  it.each([
    [{ 'content-encoding': 'compress' }],
    [{ 'content-type': 'application/json; charset=latin1' }],
    [{ 'content-type': 'application/json; charset="utf-16"' }],
  ])('with %j gets 415', async (headers) => {
    const response = await service.publish(anEvent(), headers);
    expect(response.status).toBe(415);
    await problemOf(response);
  });

  it('of NDJSON in another charset than UTF-8 gets 415', async () => {
    const headers = { 'content-type': 'application/x-ndjson; charset=utf-16' };
    expect((await service.publishText('{}', headers)).status).toBe(415);
  });

  it('is not parsed if the path or the method does not exist', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await service.request('/nothing', { method: 'POST', headers, body: '{' })).status).toBe(404);
    expect((await service.request('/stats', { method: 'PUT', headers, body: '' })).status).toBe(405);
  });
});

describe('a path', () => {
  it.each([
    '/nothing',
    '/publish/',
    '/events/a',
    '/events/a/',
    '/events//b',
    '/events/a/b/c',
    '/health/',
    '/docs2',
  ])('that does not exist gets 404: %s', async (path) => {
    const response = await service.request(path);
    expect(response.status).toBe(404);
    await problemOf(response);
  });

  it.each([
    ['GET', '/publish', 'POST'],
    ['DELETE', '/publish', 'POST'],
    ['POST', '/events', 'GET, HEAD'],
    ['PUT', '/events/a/b', 'GET, HEAD'],
    ['PATCH', '/stats', 'GET, HEAD'],
    ['OPTIONS', '/health/ready', 'GET, HEAD'],
  ])('gets 405 that lists the allowed methods: %s %s', async (method, path, allow) => {
    const response = await service.request(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')!.split(', ').sort().join(', ')).toBe(allow);
    expect((await problemOf(response)).detail).toBe(
      `${method} is not allowed at this path. Allowed: ${response.headers.get('allow')}.`,
    );
  });

  it.each([
    '/events/%zz/a',
    '/events/%',
    '/events/a/%e0%a4',
    '/events?topic=%zz',
    '/events/stream?topic=%ff',
  ])('with malformed percent-encoding gets 400: %s', async (path) => {
    const response = await service.request(path);
    expect(response.status).toBe(400);
    await problemOf(response);
  });

  it.each([
    [50, 422],
    [51, 400],
  ])('with %i unknown query parameters gets %i', async (count, status) => {
    const query = Array.from({ length: count }, (_, index) => `p${index}`).join('&');
    const response = await service.request(`/events?${query}`);
    expect(response.status).toBe(status);
    await problemOf(response);
  });
});

describe('a query parameter of GET /events', () => {
  it.each([
    'limit=0',
    'limit=1001',
    'limit=ten',
    'limit=1.5',
    'limit=',
    'limit=1&limit=2',
    'order=up',
    'since=yesterday',
    'since=2026-01-31',
    'until=2026-02-30T00:00:00Z',
    'after=-1',
    'after=x',
    'before=1e3',
    'topic=a&topic=b',
    'topic=',
    'cursor=5',
  ])('gets 422 that names it: %s', async (query) => {
    const response = await service.request(`/events?${query}`);
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors!.map(({ pointer }) => pointer)).toEqual([query.split('=')[0]]);
    if (query.includes('&')) expect(errors![0]!.detail).toBe('must not be given more than once');
  });

  it('with an unknown value gets 422 that lists the allowed values', async () => {
    const { errors } = await problemOf(await service.request('/events?order=up'));
    expect(errors).toEqual([{ pointer: 'order', detail: 'must be one of the following values: asc, desc' }]);
  });

  it.each(['offset', 'page'])('gets 422 that refers to next_cursor: %s', async (name) => {
    const response = await service.request(`/events?${name}=2`);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      {
        pointer: name,
        detail: 'is not a parameter of this call; for the next page, send next_cursor as after or before',
      },
    ]);
  });
});

describe('an event that is not stored', () => {
  it('gets 404', async () => {
    const response = await service.request('/events/orders/never');
    expect(response.status).toBe(404);
    await problemOf(response);
  });
});

describe('a number whose exponent is out of range', () => {
  it.each([
    ['1e1001', '/payload/n'],
    ['-1E-1001', '/payload/n'],
    [`1${'0'.repeat(1001)}`, '/payload/n'],
    ['1e99999999999999999999', '/payload/n'],
    ['[1,{"a/b~c":1e2000}]', '/payload/n/1/a~1b~0c'],
    [`{"${'k'.repeat(1000)}":1e2000}`, `/payload/n/${'k'.repeat(255)}…`],
  ])('gets 422 that names it: %.50s', async (number, pointer) => {
    const text = JSON.stringify(anEvent({ payload: { n: '@' } })).replace('"@"', number);
    const response = await service.publishText(text);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer, detail: expect.stringMatching(/as a string$/) },
    ]);
  });
});

describe('a payload', () => {
  const nested = (levels: number) =>
    JSON.stringify(anEvent({ payload: { a: '@' } })).replace(
      '"@"',
      '['.repeat(levels - 1) + ']'.repeat(levels - 1),
    );

  it.each([101, 5_000, 100_000])('nested %i levels deep gets 422', async (levels) => {
    const response = await service.publishText(nested(levels));
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer: '/payload', detail: expect.stringMatching(/100 levels/) },
    ]);
  });
});

describe('a request larger than the whole queue', () => {
  it('gets 413, not 503, because a retry would fail too', async () => {
    const small = await Service.start({ QUEUE_CAPACITY_BYTES: '2000' });
    const response = await small.publish(anEvent({ payload: { text: 'x'.repeat(4_000) } }));
    expect(response.status).toBe(413);
    await problemOf(response);
    expect((await small.publish(anEvent())).status).toBe(200);
  });
});

describe('a request that is not HTTP', () => {
  it.each([
    ['an unknown method', 'FOO /stats HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a header of 20 kB', `GET /stats HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'a bad chunk',
      'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
  ])('gets a problem: %s', async (_, text, status) => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(text);
    let answer = '';
    for await (const part of socket) answer += part;
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/application\/problem\+json/);
    expect(JSON.parse(body!)).toMatchObject({ status });
  });
});
