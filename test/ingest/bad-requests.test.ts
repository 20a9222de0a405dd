import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import type { ProblemDto } from '../../src/http/problem.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '1000000', QUEUE_CAPACITY: '10000' });
await service.publish(anEvent());
const before = await service.stats();

/** Every test ends here: whatever was refused has changed no row and no counter. */
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

describe('an event with', () => {
  const names = ['topic', 'event_id', 'source'] as const;
  const badNames: [string, unknown][] = [
    ['nothing', undefined],
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
    ['nothing', undefined],
    ['null', null],
    ['a number', 1_769_860_800],
    ['a date alone', '2026-01-31'],
    ['an impossible date', '2026-02-30T12:00:00Z'],
    ['an impossible leap day', '2025-02-29T12:00:00Z'],
    ['an impossible hour', '2026-01-31T24:00:00Z'],
    ['an impossible leap second', '2026-01-31T12:00:60Z'],
    ['a blank for the T', '2026-01-31 12:00:00Z'],
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

  it.each(cases)('%s as its %s is refused by name', async (_, field, value) => {
    const response = await service.publish(anEvent({ [field]: value }));
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer: `/${field}`, detail: expect.stringMatching(/^must be/) },
    ]);
  });

  it('255 characters of four bytes as its topic is not', async () => {
    const response = await service.publish([anEvent({ topic: '🧡'.repeat(255) }), anEvent({ topic: '' })]);
    expect((await problemOf(response)).errors).toEqual([{ pointer: '/1/topic', detail: expect.any(String) }]);
  });
});

describe('a batch', () => {
  it('with some bad events is refused whole, and each is named', async () => {
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

  it('as {"events": […]} is pointed into as it was sent', async () => {
    const problem = await problemOf(await service.publish({ events: [anEvent(), anEvent({ topic: 1 })] }));
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/events/1/topic']);
  });

  it.each([
    ['is empty', [], ''],
    ['is empty, as an object', { events: [] }, '/events'],
    ['is no array', { events: 'all' }, '/events'],
    ['is null', null, ''],
    ['is text', 'event', ''],
    ['is a number', 1, ''],
  ])('that %s is refused', async (_, body, pointer) => {
    const response = await service.publish(body);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  it('with things that are no events is refused', async () => {
    const problem = await problemOf(await service.publish([1, 'a', null, [], anEvent()]));
    expect(problem.errors!.map(({ pointer }) => pointer)).toEqual(['/0', '/1', '/2', '/3']);
  });

  it('of 10 001 events is too large', async () => {
    const small = events(10_001).map(() => 0);
    const response = await service.publish(small);
    expect(response.status).toBe(413);
    await problemOf(response);
  });
});

describe('a body', () => {
  it.each(['{', '[1,', '{"topic":}', 'topic=orders', '{"a":1}}', '\ufeff{}'])(
    'that is the malformed %j is 400',
    async (text) => {
      const response = await service.publishText(text);
      expect(response.status).toBe(400);
      await problemOf(response);
    },
  );

  it('that is empty is 400', async () => {
    expect((await problemOf(await service.publishText(''))).detail).toMatch(/empty/);
  });

  it('that is not UTF-8 is 400', async () => {
    const [head, tail] = JSON.stringify(anEvent({ source: '@' })).split('@') as [string, string];
    const response = await service.publishText(
      Buffer.concat([Buffer.from(head), Buffer.from([0xff]), Buffer.from(tail)]),
    );
    expect(response.status).toBe(400);
    expect((await problemOf(response)).detail).toMatch(/UTF-8/);
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])(
    'of type %s is 415',
    async (type) => {
      const response = await service.publish(anEvent(), { 'content-type': type });
      expect(response.status).toBe(415);
      expect((await problemOf(response)).detail).toMatch(/application\/json/);
    },
  );

  it('larger than the limit is 413', async () => {
    const response = await service.publish(anEvent({ payload: { text: 'x'.repeat(1_000_000) } }));
    expect(response.status).toBe(413);
    await problemOf(response);
  });

  it('larger than the limit, sent in chunks without a length, is 413', async () => {
    const sending = request(`${service.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    sending.on('error', () => {}); // the service hangs up on what it does not want
    for (let sent = 0; sent <= 1_000_000; sent += 65_536) sending.write(Buffer.alloc(65_536, 'x'));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    answer.resume();
    const status = answer.statusCode;
    expect(status).toBe(413);
  });
});

describe('a body', () => {
  it.each([
    [{ 'content-encoding': 'compress' }],
    [{ 'content-type': 'application/json; charset=latin1' }],
    [{ 'content-type': 'application/json; charset="utf-16"' }],
  ])('with %j is 415', async (headers) => {
    const response = await service.publish(anEvent(), headers);
    expect(response.status).toBe(415);
    await problemOf(response);
  });

  it('of NDJSON in another charset is 415', async () => {
    const headers = { 'content-type': 'application/x-ndjson; charset=utf-16' };
    expect((await service.publishText('{}', headers)).status).toBe(415);
  });

  it('sent where nothing takes one is not looked at', async () => {
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
  ])('%s that does not exist is 404', async (path) => {
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
  ])('asked by %s %s is 405 and names what it takes', async (method, path, allow) => {
    const response = await service.request(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')!.split(', ').sort().join(', ')).toBe(allow);
    await problemOf(response);
  });

  it.each([
    '/events/%zz/a',
    '/events/%',
    '/events/a/%e0%a4',
    '/events?topic=%zz',
    '/events/stream?topic=%ff',
  ])('with the malformed escape %s is 400', async (path) => {
    const response = await service.request(path);
    expect(response.status).toBe(400);
    await problemOf(response);
  });
});

describe('GET /events', () => {
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
  ])('with %s is 422 and names the parameter', async (query) => {
    const response = await service.request(`/events?${query}`);
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors!.map(({ pointer }) => pointer)).toEqual([query.split('=')[0]]);
    if (query.includes('&')) expect(errors![0]!.detail).toBe('must not be given more than once');
  });
});

describe('an event that is not stored', () => {
  it('is 404', async () => {
    const response = await service.request('/events/orders/never');
    expect(response.status).toBe(404);
    await problemOf(response);
  });
});

describe('a number that would be rounded', () => {
  it.each([
    ['12345678901234567890', '/payload/n'],
    ['9007199254740993', '/payload/n'],
    ['0.1000000000000000055511151231257827', '/payload/n'],
    ['1e400', '/payload/n'],
    ['-1E-400', '/payload/n'],
    ['[1,{"a/b~c":1234567890123456789}]', '/payload/n/1/a~1b~0c'],
  ])('%s is refused: a payload does not change in silence', async (number, pointer) => {
    const text = JSON.stringify(anEvent({ payload: { n: '@' } })).replace('"@"', number);
    const response = await service.publishText(text);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer, detail: expect.stringMatching(/as a string$/) },
    ]);
  });
});

describe('a payload with a text of many megabytes', () => {
  it('comes back as it is, though digits in it look like a number that cannot be kept', async () => {
    const roomy = await Service.start();
    const event = anEvent({ payload: { text: `id 1234567890123456 ${'x'.repeat(10_000_000)}` } });
    expect((await roomy.publish(event)).status).toBe(200);
    expect(await roomy.get(`/events/orders/${event.event_id}`)).toMatchObject(event);
  });
});

describe('a payload nested', () => {
  const nested = (levels: number) =>
    JSON.stringify(anEvent({ payload: { a: '@' } })).replace(
      '"@"',
      '['.repeat(levels - 1) + ']'.repeat(levels - 1),
    );

  it.each([101, 5_000, 100_000])('%i levels deep is refused', async (levels) => {
    const response = await service.publishText(nested(levels));
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toEqual([
      { pointer: '/payload', detail: expect.stringMatching(/100 levels/) },
    ]);
  });
});

describe('a request that no queue could hold', () => {
  it('is 413, not 503: to try again would not help', async () => {
    const small = await Service.start({ QUEUE_CAPACITY_BYTES: '2000' });
    const response = await small.publish(anEvent({ payload: { text: 'x'.repeat(4_000) } }));
    expect(response.status).toBe(413);
    await problemOf(response);
    expect((await small.publish(anEvent())).status).toBe(200);
  });
});

describe('what is not HTTP', () => {
  it.each([
    ['an unknown method', 'FOO /stats HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a header of 20 kB', `GET /stats HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'a bad chunk',
      'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
  ])('%s gets a problem too', async (_, text, status) => {
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
