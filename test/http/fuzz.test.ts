import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { anEvent } from '../harness/an-event.js';
import {
  anyBrokenJson,
  anyBytes,
  anyCloudEventHeaders,
  anyCompressed,
  anyEvent,
  anyHeaders,
  anyJsonBody,
  anyLines,
  anyMethod,
  anyPath,
  anyQuery,
  type RawRequest,
} from '../harness/any-request.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const LIMIT_BYTES = 200_000;
/** Detects a hanging request, far above the response time on a busy machine. */
const RESPONSE_TIMEOUT_MS = 30_000;
const service = await Service.start({
  BODY_LIMIT_BYTES: String(LIMIT_BYTES),
  QUEUE_CAPACITY_BYTES: String(5 * LIMIT_BYTES),
});
let accepted = 0;

/** Checks that exactly the events of 2xx responses are counted. */
async function countersAddUp(): Promise<void> {
  await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
  const { received, unique_processed, duplicate_dropped } = await service.stats();
  const expected = accepted;
  accepted = received; // Reports a fault only once.
  expect([received, unique_processed + duplicate_dropped]).toEqual([expected, expected]);
}
afterEach(countersAddUp);

function serialize({ method, target, headers, body }: RawRequest): Buffer {
  const length = body.length > 0 ? [['content-length', String(body.length)]] : [];
  const lines = [['host', 'a'], ...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    body,
  ]);
}

/** Sends a request and checks its response. Resolves with the status, or 0 if there is no response. */
async function attempt(request: RawRequest): Promise<number> {
  const connection = RawConnection.open(service.url).send(serialize(request));
  const response = await connection.response(request.method, RESPONSE_TIMEOUT_MS);
  connection.close();
  if (!response) {
    expect(request.method).toBe('CONNECT'); // The only method without a response.
    return 0;
  }
  const { status, body } = response;
  if (status >= 500) expect(response).toMatchObject({ status: 503 });
  if (status >= 400 && request.method !== 'HEAD') expect(JSON.parse(body)).toMatchObject({ status });
  if (request.target === '/publish' && status < 300)
    accepted += (JSON.parse(body) as { received?: number }).received ?? 1;
  return status;
}

/** Sends generated requests, eight at a time, and checks each response and the counters. */
function checkAll(request: fc.Arbitrary<RawRequest>, rounds: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 8, maxLength: 8 }), async (requests) => {
      await Promise.all(requests.map(attempt));
      await countersAddUp();
    }),
    { numRuns: rounds },
  );
}

const JSON_TYPE = ['content-type', 'application/json'] as const;
const toBytes = (text: string) => Buffer.from(text);
const publishing = fc.record({ method: fc.constant('POST'), target: fc.constant('/publish') });
const emptyRequest = fc.record({ headers: fc.constant([]), body: fc.constant(Buffer.alloc(0)) });

describe('a request body', () => {
  const bodies = (body: fc.Arbitrary<Buffer>, type = 'application/json', target = '/publish') =>
    body.map((sent) => ({ method: 'POST', target, headers: [['content-type', type] as const], body: sent }));

  it('of arbitrary JSON gets a status below 500, or 503, and is counted only if accepted', async () => {
    await checkAll(bodies(anyJsonBody.map(toBytes)), 120);
  });

  it('of malformed JSON gets a status below 500, or 503, and is counted only if accepted', async () => {
    await checkAll(bodies(anyBrokenJson.map(toBytes)), 120);
  });

  it('of random bytes gets a status below 500, or 503, and is counted only if accepted', async () => {
    await checkAll(bodies(anyBytes), 40);
  });

  it('with a valid or invalid content encoding gets a status below 500, or 503', async () => {
    const compressed = anyCompressed.map(({ encoding, body }) => ({
      method: 'POST',
      target: '/publish',
      headers: [JSON_TYPE, ['content-encoding', encoding] as const],
      body,
    }));
    await checkAll(compressed, 100);
  });

  it('of NDJSON gets a status below 500, or 503, and its valid lines are counted', async () => {
    await checkAll(bodies(fc.oneof(anyLines.map(toBytes), anyBytes), 'application/x-ndjson'), 80);
  });

  it('of a CloudEvents media type gets a status below 500, or 503, and is counted only if accepted', async () => {
    const type = fc.constantFrom(
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'application/json',
    );
    const headers = fc
      .tuple(type, anyCloudEventHeaders)
      .map(([one, more]) => [['content-type', one] as const, ...more]);
    await checkAll(
      fc.record({
        method: fc.constant('POST'),
        target: fc.constant('/publish'),
        headers,
        body: anyJsonBody.map(toBytes),
      }),
      80,
    );
  });

  it('of POST /events/lookup gets a status below 500, or 503', async () => {
    const keys = anyJsonBody.map((json) => toBytes(`{"keys":${json}}`));
    const body = fc.oneof(keys, anyBrokenJson.map(toBytes), anyBytes);
    const types = ['application/json', 'application/x-ndjson', 'application/cloudevents+json'];
    await checkAll(fc.oneof(...types.map((type) => bodies(body, type, '/events/lookup'))), 60);
  });
});

describe('a request with arbitrary headers', () => {
  it('to POST /publish gets a status below 500, or 503', async () => {
    const headers = fc.oneof(
      anyHeaders,
      anyHeaders.map((any) => [JSON_TYPE, ...any]),
    );
    const body = fc.oneof(anyEvent.map(toBytes), anyBytes);
    await checkAll(
      fc.tuple(publishing, fc.record({ headers, body })).map(([request, rest]) => ({ ...request, ...rest })),
      120,
    );
  });

  it('to a GET or HEAD endpoint gets a status below 500, or 503', async () => {
    const target = fc.constantFrom(
      '/',
      '/stats',
      '/events',
      '/events/orders/x',
      '/health',
      '/docs',
      '/openapi.json',
    );
    const body = fc.constant(Buffer.alloc(0));
    await checkAll(
      fc.record({ method: fc.constantFrom('GET', 'HEAD'), target, headers: anyHeaders, body }),
      80,
    );
  });
});

describe('an arbitrary request target', () => {
  it('gets a status below 500, or 503, for every method', async () => {
    const target = fc.tuple(anyPath, fc.oneof(fc.constant(''), anyQuery)).map((parts) => parts.join('?'));
    await checkAll(
      fc
        .tuple(emptyRequest, anyMethod, target)
        .map(([rest, method, path]) => ({ ...rest, method, target: path })),
      120,
    );
  });

  it('with an arbitrary query gets a status below 500, or 503', async () => {
    const path = fc.constantFrom('/events', '/events/stream', '/stats', '/topics', '/docs', '/publish');
    const target = fc.tuple(path, anyQuery).map((parts) => parts.join('?'));
    await checkAll(
      fc.tuple(emptyRequest, target).map(([rest, query]) => ({ ...rest, method: 'GET', target: query })),
      120,
    );
  });
});

function residentBytes(): number {
  const status = readFileSync(`/proc/${service.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
}

function publish(body: string | Buffer, headers: RawRequest['headers'] = []): Promise<number> {
  return attempt({
    method: 'POST',
    target: '/publish',
    headers: [JSON_TYPE, ...headers],
    body: Buffer.from(body),
  });
}

describe('a payload', () => {
  it.each([
    ['a lone surrogate', '{"a":"\\ud800","\\udfff":"\\udc00\\ud800"}'],
    ['a duplicate name, of which the last is used', '{"a":1,"b":2,"a":3}'],
    ['__proto__', '{"__proto__":{"polluted":true},"a":[{"__proto__":null,"constructor":{"prototype":{}}}]}'],
    ['names of methods', '{"toJSON":1,"toString":2,"hasOwnProperty":3,"valueOf":null,"then":4,"length":-1}'],
    ['U+0000', '{"\\u0000":"a\\u0000b"}'],
    ['line separators', '{"a":"\\u2028\\u2029"}'],
  ])(
    'with %s is returned as JSON.parse reads it, and is a duplicate when published again',
    async (_, payload) => {
      const { topic, event_id, ...rest } = anEvent({ payload: 0 });
      const text = JSON.stringify({ topic, event_id, ...rest }).replace(
        '"payload":0',
        `"payload":${payload}`,
      );
      for (const outcome of ['stored', 'duplicate']) {
        const response = await service.publishText(text);
        expect(await response.json()).toMatchObject({ outcome });
        accepted++;
      }
      const stored = await (await service.request(`/events/${topic}/${event_id}`)).text();
      expect(JSON.stringify((JSON.parse(stored) as { payload: unknown }).payload)).toBe(
        JSON.stringify(JSON.parse(payload)),
      );
    },
  );
});

describe('__proto__ and similar names', () => {
  const event = JSON.stringify(anEvent());

  it.each([
    `{"__proto__":${event}}`,
    `{"constructor":{"prototype":${event}}}`,
    `[{"__proto__":${event}}]`,
    `{"__proto__":{"events":[${event}]}}`,
    `{"events":{"__proto__":[${event}]}}`,
    `{"events":[{"__proto__":${event}}]}`,
    `[["__proto__",${event}]]`,
    `{"__proto__":null}`,
    `{"__proto__":[]}`,
  ])('do not turn %s into an event', async (body) => {
    expect(await publish(body)).toBe(422);
  });

  it.each(['"__proto__":{"topic":"other"}', '"__proto__":1', '"constructor":{}', '"hasOwnProperty":1'])(
    'are rejected as unknown members of an event: %s',
    async (more) => {
      expect(await publish(`{${more},${JSON.stringify(anEvent({ payload: {} })).slice(1)}`)).toBe(422);
    },
  );

  it('are valid topics and event ids', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const key = { topic: name, event_id: name };
      expect(await publish(JSON.stringify([anEvent(key), anEvent(key)]))).toBe(200);
      expect((await service.stats()).topics).toContain(name);
      expect(await service.get(`/events/${name}/${name}`)).toMatchObject(key);
    }
  });
});

describe('a body', () => {
  const ofSize = (bytes: number) => {
    const event = JSON.stringify(anEvent({ payload: { text: '' } }));
    return event.replace('"text":"', `"text":"${'x'.repeat(bytes - event.length)}`);
  };

  it('of exactly BODY_LIMIT_BYTES is accepted, and one byte more gets 413', async () => {
    expect(await publish(ofSize(LIMIT_BYTES))).toBe(200);
    expect(await publish(ofSize(LIMIT_BYTES + 1))).toBe(413);
  });

  it('that decompresses far beyond the limit gets 413 without full decompression, also in 12 parallel requests', async () => {
    const bombBytes = 100_000_000;
    const bomb = gzipSync(Buffer.alloc(bombBytes, ' '));
    expect(await publish(bomb, [['content-encoding', 'gzip']])).toBe(413);
    const before = residentBytes();
    const statuses = Array.from({ length: 12 }, () => publish(bomb, [['content-encoding', 'gzip']]));
    // The response is 503 while the other bodies in flight use up the budget.
    for (const status of await Promise.all(statuses)) expect([413, 503]).toContain(status);
    // Full decompression of all would take twelve times as much.
    expect(residentBytes() - before).toBeLessThan(bombBytes);
  });

  it.each([
    ['two Content-Length headers', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'Content-Length and chunks',
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['an invalid Content-Length', 'Content-Length: -2\r\n\r\n{}'],
    ['a Content-Length that overflows', `Content-Length: ${'9'.repeat(30)}\r\n\r\n{}`],
    ['a transfer encoding that does not end in chunked', 'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'Content-Length:\r\n 2\r\n\r\n{}'],
  ])(
    'framed by %s gets 400 and closes the connection, so that no request can be smuggled',
    async (_, rest) => {
      const connection = RawConnection.open(service.url);
      connection.send(`POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${rest}`);
      await connection.untilClosed();
      expect(connection.statuses).toEqual([400]);
    },
  );
});

describe('a request head', () => {
  it('of 1500 headers, less than 16 KiB, is accepted', async () => {
    const headers = Array.from({ length: 1_500 }, () => ['a', 'b'] as const);
    expect(await publish(JSON.stringify(anEvent()), headers)).toBe(200);
  });

  it.each([
    ['10000 headers', 'a: b\r\n'.repeat(10_000)],
    ['an unterminated value', `a: ${'b'.repeat(100_000)}`],
    ['an unterminated line', 'b'.repeat(100_000)],
  ])('with %s gets 431 before it is complete', async (_, flood) => {
    const connection = RawConnection.open(service.url).send(`GET /stats HTTP/1.1\r\nHost: a\r\n${flood}`);
    await connection.untilClosed();
    expect(connection.statuses).toEqual([431]);
  });
});

describe('pipelined requests', () => {
  const asText = (body: string) =>
    serialize({ method: 'POST', target: '/publish', headers: [JSON_TYPE], body: Buffer.from(body) });

  it('get their responses in order, with 500 in flight', async () => {
    const sent = Array.from({ length: 500 }, () => anEvent({ topic: 'pipelined' }));
    const connection = RawConnection.open(service.url);
    connection.send(Buffer.concat(sent.map((event) => asText(JSON.stringify(event)))));
    await until(() => connection.statuses.length === sent.length, 'every request has a response');
    connection.close();
    accepted += sent.length;
    const ids = [...connection.received.matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(sent.map(({ event_id }) => event_id));
  });

  it('never get 400 instead of 200 when bytes that are not HTTP follow', async () => {
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      const connection = RawConnection.open(service.url);
      connection.send(
        Buffer.concat([asText(JSON.stringify(anEvent({ topic: 'before' }))), Buffer.from('}\r\n\r\n')]),
      );
      await connection.untilClosed();
      expect(connection.statuses[0] ?? 200).toBe(200);
    }
    // A request without a response may have been stored or not.
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    const stored = (await service.everything()).filter(({ topic }) => topic === 'before').length;
    expect(stored).toBeLessThanOrEqual(rounds);
    accepted += stored;
  });
});

describe('300 incomplete requests', () => {
  const head = 'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const half = JSON.stringify(anEvent({ payload: { text: 'x'.repeat(9_000) } }));

  it('block no other request, count no event, and release the budget for bodies', async () => {
    const ends = [
      `${head}Content-Le`,
      `${head}Content-Length: ${half.length + 1}\r\n\r\n${half}`,
      `${head}Transfer-Encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}`,
    ];
    const connections = Array.from({ length: 300 }, (_, index) =>
      RawConnection.open(service.url).send(ends[index % ends.length]!),
    );
    await until(() => connections.some(({ statuses }) => statuses.length > 0), 'a connection has a response');
    for (let count = 0; count < 100; count++) {
      expect([200, 503]).toContain(await publish(JSON.stringify(anEvent())));
      expect((await service.request('/health/live')).status).toBe(200);
    }
    // Bodies beyond the budget were rejected; none of the others was treated as complete.
    expect(new Set(connections.flatMap(({ statuses }) => statuses))).toEqual(new Set([503]));
    for (const connection of connections) connection.close();
    await until(async () => (await publish(JSON.stringify(anEvent()))) === 200, 'an event is accepted again');
    expect(await publish(JSON.stringify(anEvent({ payload: { text: 'x'.repeat(150_000) } })))).toBe(200);
  });
});
