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
const ANSWER_WITHIN_MS = 5_000;
const service = await Service.start({
  BODY_LIMIT_BYTES: String(LIMIT_BYTES),
  QUEUE_CAPACITY_BYTES: String(5 * LIMIT_BYTES),
});
let accepted = 0;

/** What was answered with 2xx is counted, and nothing else is. */
async function countersAddUp(): Promise<void> {
  await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
  const { received, unique_processed, duplicate_dropped } = await service.stats();
  const told = accepted;
  accepted = received; // one fault is told once
  expect([received, unique_processed + duplicate_dropped]).toEqual([told, told]);
}
afterEach(countersAddUp);

function written({ method, target, headers, body }: RawRequest): Buffer {
  const length = body.length > 0 ? [['content-length', String(body.length)]] : [];
  const lines = [['host', 'a'], ...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    body,
  ]);
}

/** Sends a request and holds the answer against what every answer must be. Resolves with its status, 0 for none. */
async function attempt(request: RawRequest): Promise<number> {
  const connection = RawConnection.open(service.url).send(written(request));
  const answer = await connection.answer(request.method, ANSWER_WITHIN_MS);
  connection.hangUp();
  if (!answer) {
    expect(request.method).toBe('CONNECT'); // which alone is hung up on
    return 0;
  }
  const { status, body } = answer;
  if (status >= 500) expect(answer).toMatchObject({ status: 503 });
  if (status >= 400 && request.method !== 'HEAD') expect(JSON.parse(body)).toMatchObject({ status });
  if (request.target === '/publish' && status < 300)
    accepted += (JSON.parse(body) as { received?: number }).received ?? 1;
  return status;
}

/** Tries a property of requests, eight at a time. */
function always(request: fc.Arbitrary<RawRequest>, rounds: number): Promise<void> {
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
const asking = fc.record({ headers: fc.constant([]), body: fc.constant(Buffer.alloc(0)) });

describe('whatever is sent as a body', () => {
  const bodies = (body: fc.Arbitrary<Buffer>, type = 'application/json', target = '/publish') =>
    body.map((sent) => ({ method: 'POST', target, headers: [['content-type', type] as const], body: sent }));

  it('is answered, by 503 at worst, and counted only if it was accepted: any JSON', async () => {
    await always(bodies(anyJsonBody.map(toBytes)), 120);
  });

  it('… JSON that is broken', async () => {
    await always(bodies(anyBrokenJson.map(toBytes)), 120);
  });

  it('… any bytes', async () => {
    await always(bodies(anyBytes), 40);
  });

  it('… compressed, or said to be', async () => {
    const compressed = anyCompressed.map(({ encoding, body }) => ({
      method: 'POST',
      target: '/publish',
      headers: [JSON_TYPE, ['content-encoding', encoding] as const],
      body,
    }));
    await always(compressed, 100);
  });

  it('… NDJSON, in which good lines are taken', async () => {
    await always(bodies(fc.oneof(anyLines.map(toBytes), anyBytes), 'application/x-ndjson'), 80);
  });

  it('… CloudEvents', async () => {
    const type = fc.constantFrom(
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'application/json',
    );
    const headers = fc
      .tuple(type, anyCloudEventHeaders)
      .map(([one, more]) => [['content-type', one] as const, ...more]);
    await always(
      fc.record({
        method: fc.constant('POST'),
        target: fc.constant('/publish'),
        headers,
        body: anyJsonBody.map(toBytes),
      }),
      80,
    );
  });

  it('… a question', async () => {
    const keys = anyJsonBody.map((json) => toBytes(`{"keys":${json}}`));
    const body = fc.oneof(keys, anyBrokenJson.map(toBytes), anyBytes);
    const types = ['application/json', 'application/x-ndjson', 'application/cloudevents+json'];
    await always(fc.oneof(...types.map((type) => bodies(body, type, '/events/lookup'))), 60);
  });
});

describe('whatever is sent as headers', () => {
  it('is answered, by 503 at worst: from a publisher', async () => {
    const headers = fc.oneof(
      anyHeaders,
      anyHeaders.map((any) => [JSON_TYPE, ...any]),
    );
    const body = fc.oneof(anyEvent.map(toBytes), anyBytes);
    await always(
      fc.tuple(publishing, fc.record({ headers, body })).map(([request, rest]) => ({ ...request, ...rest })),
      120,
    );
  });

  it('… from a reader', async () => {
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
    await always(
      fc.record({ method: fc.constantFrom('GET', 'HEAD'), target, headers: anyHeaders, body }),
      80,
    );
  });
});

describe('whatever is asked for', () => {
  it('is answered, by 503 at worst: any path, by any method', async () => {
    const target = fc.tuple(anyPath, fc.oneof(fc.constant(''), anyQuery)).map((parts) => parts.join('?'));
    await always(
      fc.tuple(asking, anyMethod, target).map(([rest, method, path]) => ({ ...rest, method, target: path })),
      120,
    );
  });

  it('… any query', async () => {
    const path = fc.constantFrom('/events', '/events/stream', '/stats', '/topics', '/docs', '/publish');
    const target = fc.tuple(path, anyQuery).map((parts) => parts.join('?'));
    await always(
      fc.tuple(asking, target).map(([rest, query]) => ({ ...rest, method: 'GET', target: query })),
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
    ['a name that stands twice, of which the last counts', '{"a":1,"b":2,"a":3}'],
    ['__proto__', '{"__proto__":{"polluted":true},"a":[{"__proto__":null,"constructor":{"prototype":{}}}]}'],
    ['names of methods', '{"toJSON":1,"toString":2,"hasOwnProperty":3,"valueOf":null,"then":4,"length":-1}'],
    ['U+0000', '{"\\u0000":"a\\u0000b"}'],
    ['line separators', '{"a":"\\u2028\\u2029"}'],
  ])('with %s comes back as JSON.parse read it, and is the same the next time', async (_, payload) => {
    const { topic, event_id, ...rest } = anEvent({ payload: 0 });
    const text = JSON.stringify({ topic, event_id, ...rest }).replace('"payload":0', `"payload":${payload}`);
    for (const outcome of ['stored', 'duplicate']) {
      const answer = await service.publishText(text);
      expect(await answer.json()).toMatchObject({ outcome });
      accepted++;
    }
    const stored = await (await service.request(`/events/${topic}/${event_id}`)).text();
    expect(JSON.stringify((JSON.parse(stored) as { payload: unknown }).payload)).toBe(
      JSON.stringify(JSON.parse(payload)),
    );
  });
});

describe('__proto__ and its like', () => {
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
  ])('do not make an event of %s', async (body) => {
    expect(await publish(body)).toBe(422);
  });

  it.each(['"__proto__":{"topic":"other"}', '"__proto__":1', '"constructor":{}', '"hasOwnProperty":1'])(
    'beside the fields of an event are ignored: %s',
    async (more) => {
      expect(await publish(`{${more},${JSON.stringify(anEvent({ payload: {} })).slice(1)}`)).toBe(200);
    },
  );

  it('are topics and ids like any other', async () => {
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

  it('as large as the limit is taken; one byte more is 413', async () => {
    expect(await publish(ofSize(LIMIT_BYTES))).toBe(200);
    expect(await publish(ofSize(LIMIT_BYTES + 1))).toBe(413);
  });

  it('that unpacks to far more than the limit is refused, a dozen at a time, and the memory stays flat', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, ' '));
    const before = residentBytes();
    expect(await publish(bomb, [['content-encoding', 'gzip']])).toBe(413);
    const statuses = Array.from({ length: 12 }, () => publish(bomb, [['content-encoding', 'gzip']]));
    // 503 where the others' bodies, until they are refused, leave no room.
    for (const status of await Promise.all(statuses)) expect([413, 503]).toContain(status);
    expect(residentBytes() - before).toBeLessThan(100_000_000);
  });

  it.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['a length that is none', 'Content-Length: -2\r\n\r\n{}'],
    ['a length beyond all numbers', `Content-Length: ${'9'.repeat(30)}\r\n\r\n{}`],
    ['chunks that are not the last encoding', 'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'Content-Length:\r\n 2\r\n\r\n{}'],
  ])('framed by %s is 400 and the connection ends: nothing can be smuggled behind it', async (_, rest) => {
    const connection = RawConnection.open(service.url);
    connection.send(`POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${rest}`);
    await connection.untilClosed();
    expect(connection.statuses).toEqual([400]);
  });
});

describe('headers', () => {
  it('by the thousand, within 16 KiB, are read', async () => {
    const headers = Array.from({ length: 1_500 }, () => ['a', 'b'] as const);
    expect(await publish(JSON.stringify(anEvent()), headers)).toBe(200);
  });

  it.each([
    ['by the ten thousand', 'a: b\r\n'.repeat(10_000)],
    ['of one name, without end', `a: ${'b'.repeat(100_000)}`],
    ['without a line end', 'b'.repeat(100_000)],
  ])('%s are 431, before they end', async (_, flood) => {
    const connection = RawConnection.open(service.url).send(`GET /stats HTTP/1.1\r\nHost: a\r\n${flood}`);
    await connection.untilClosed();
    expect(connection.statuses).toEqual([431]);
  });
});

describe('requests in one go', () => {
  const asText = (body: string) =>
    written({ method: 'POST', target: '/publish', headers: [JSON_TYPE], body: Buffer.from(body) });

  it('by the hundred are each answered, in their order', async () => {
    const sent = Array.from({ length: 500 }, () => anEvent({ topic: 'pipelined' }));
    const connection = RawConnection.open(service.url);
    connection.send(Buffer.concat(sent.map((event) => asText(JSON.stringify(event)))));
    await until(() => connection.statuses.length === sent.length, 'every request has a response');
    connection.hangUp();
    accepted += sent.length;
    const ids = [...connection.received.matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(sent.map(({ event_id }) => event_id));
  });

  it('with something that is no HTTP behind: it is not answered in the place of what was stored', async () => {
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      const connection = RawConnection.open(service.url);
      connection.send(
        Buffer.concat([asText(JSON.stringify(anEvent({ topic: 'before' }))), Buffer.from('}\r\n\r\n')]),
      );
      await connection.untilClosed();
      expect(connection.statuses[0] ?? 200).toBe(200);
    }
    // Each of them may have been stored or not: that is what no answer means.
    await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    const stored = (await service.everything()).filter(({ topic }) => topic === 'before').length;
    expect(stored).toBeLessThanOrEqual(rounds);
    accepted += stored;
  });
});

describe('half-sent requests by the hundred', () => {
  const head = 'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const half = JSON.stringify(anEvent({ payload: { text: 'x'.repeat(9_000) } }));

  it('hold up nobody, count for nothing, and give back the memory set aside for bodies', async () => {
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
    // Bodies beyond the memory for all bodies were refused; none of the others was taken for whole.
    expect(new Set(connections.flatMap(({ statuses }) => statuses))).toEqual(new Set([503]));
    for (const connection of connections) connection.hangUp();
    await until(async () => (await publish(JSON.stringify(anEvent()))) === 200, 'an event is accepted again');
    expect(await publish(JSON.stringify(anEvent({ payload: { text: 'x'.repeat(150_000) } })))).toBe(200);
  });
});
