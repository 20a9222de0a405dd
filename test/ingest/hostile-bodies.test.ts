import type { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { anEvent } from '../harness/an-event.js';
import { inParallel } from '../harness/in-parallel.js';
import { Service } from '../harness/service.js';
import { longestStall } from '../harness/stall.js';
import { until } from '../harness/until.js';

const MIB = 1024 * 1024;
const NDJSON = 'application/x-ndjson';

const service = await Service.start();

/** Returns the text of an event whose payload is this text. */
const withPayload = (payload: string) =>
  JSON.stringify(anEvent({ topic: 'hostile', payload: '@' })).replace('"@"', () => payload);
/** Returns a payload of about this size that consists of many small values. */
const many = (value: string, bytes: number) =>
  `{"a":[${Array(Math.floor(bytes / (value.length + 1)))
    .fill(value)
    .join()}]}`;
/** Returns a batch of events just below 1 MiB each, of 15 MiB in total. */
const batchOf = (payloadOf: (bytes: number) => string) =>
  `[${Array.from({ length: 15 }, () => withPayload(payloadOf(MIB - 1_000))).join()}]`;

const names = (bytes: number) => `{${Array.from({ length: bytes / 12 }, (_, n) => `"k${n}":1`).join()}}`;

const HOSTILE: [name: string, status: number, body: () => string, headers?: Record<string, string>][] = [
  ['a string of a million digits', 200, () => withPayload(`{"n":"${'7'.repeat(1_000_000)}"}`)],
  ['a number of a million digits', 200, () => withPayload(`{"n":${'7'.repeat(1_000_000)}}`)],
  ['a fraction of a million zeros', 200, () => withPayload(`{"n":0.1${'0'.repeat(1_000_000)}1}`)],
  [
    'a million escapes next to a long number',
    200,
    () => withPayload(`{"t":"${'\\n'.repeat(500_000)}","n":12345678901234567890}`),
  ],
  ['16 MiB of brackets', 422, () => '['.repeat(16 * MIB - 1)],
  ['a batch of deep brackets', 422, () => `[{"a":${'['.repeat(15 * MIB)}`],
  ['one event of 15 MiB', 413, () => withPayload(many('{}', 15 * MIB))],
  ['a batch of empty objects', 200, () => batchOf((bytes) => many('{}', bytes))],
  ['a batch of empty arrays', 200, () => batchOf((bytes) => many('[]', bytes))],
  ['a batch of small numbers', 200, () => batchOf((bytes) => many('1', bytes))],
  ['a batch of long numbers', 200, () => batchOf((bytes) => many('12345678901234567890', bytes))],
  ['a batch of doubles', 200, () => batchOf((bytes) => many('0.12345678901234567', bytes))],
  ['a batch of objects with many names', 200, () => batchOf(names)],
  ['a batch of millions of elements', 413, () => `[${'1,'.repeat(7 * MIB)}1]`],
  ['a batch of 10 000 invalid events', 422, () => `[${'{"x":1},'.repeat(9_999)}{}]`],
  [
    'a CloudEvent with many attributes',
    200,
    () =>
      JSON.stringify({ specversion: '1.0', type: 't', source: 's', id: '1' }).replace(
        '}',
        `,${names(MIB - 1_000).slice(1)}`,
      ),
    { 'content-type': 'application/cloudevents+json' },
  ],
];

/** The time to parse and write a payload of 1 MiB of small values on this machine now, in milliseconds. */
function baseline(): number {
  const text = many('{}', MIB);
  const started = performance.now();
  JSON.stringify(JSON.parse(text));
  return performance.now() - started;
}

describe('a hostile body', () => {
  it.each(HOSTILE)(
    'of %s does not block the event loop for longer than a few events of the maximum size',
    async (_, status, body, headers = {}) => {
      const text = gzipSync(body());
      const calm = Math.max(baseline(), baseline(), baseline());
      let received = 0;
      const stall = await longestStall(service, async () => {
        received = (await service.publishText(text, { 'content-encoding': 'gzip', ...headers })).status;
      });
      expect(received).toBe(status);
      expect(stall).toBeLessThan(Math.max(15 * calm, 15 * baseline()));
    },
  );

  it('that repeats a large event in another order of its members does not delay other publishers for long', async () => {
    const values = many('{}', MIB - 1_000).slice(5, -1);
    const event = anEvent({ topic: 'reordered', payload: '@' });
    const textOf = (payload: string) => JSON.stringify(event).replace('"@"', () => payload);
    const publish = async (payload: string) =>
      ((await (await service.publishText(textOf(payload))).json()) as { outcome: string }).outcome;
    expect(await publish(`{"x":1,"a":${values}}`)).toBe('stored');
    const calm = Math.max(baseline(), baseline(), baseline());
    let outcome = '';
    let slowest = 0;
    const repeat = publish(`{"a":${values},"x":1}`).then((result) => (outcome = result));
    do {
      const started = performance.now();
      expect((await service.publish(anEvent())).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - started);
    } while (outcome === '');
    await repeat;
    expect(outcome).toBe('duplicate');
    expect(slowest).toBeLessThan(Math.max(30 * calm, 30 * baseline()));
    expect(await publish(`{"a":${values},"x":2}`)).toBe('conflict');
  });
});

describe('the response to a hostile body', () => {
  const longName = 'k'.repeat(MIB - 4_000);

  it.each([
    [
      'many numbers out of range below a long name',
      () => withPayload(`{"${longName}":[${Array(100).fill('1e2000').join()}]}`),
      'application/json',
    ],
    ['a long unknown member', () => JSON.stringify({ ...anEvent(), [longName]: 1 }), 'application/json'],
    [
      'CloudEvents with long attributes',
      () =>
        JSON.stringify(
          Array.from({ length: 15 }, () => ({
            specversion: '1.0',
            type: 't',
            source: 's',
            id: '1',
            [`${longName}_`]: 1,
          })),
        ),
      'application/cloudevents-batch+json',
    ],
    [
      'lines of such numbers',
      () => `${withPayload(`{"${longName}":[${Array(100).fill('1e2000').join()}]}`)}\n`.repeat(20),
      NDJSON,
    ],
    [
      'lines of long unknown members',
      () => `${JSON.stringify({ ...anEvent(), [longName]: 1 })}\n`.repeat(20),
      NDJSON,
    ],
  ])('with %s has at most 128 KiB', async (_, bodyOf, type) => {
    const response = await service.publishText(gzipSync(bodyOf()), {
      'content-type': type,
      'content-encoding': 'gzip',
    });
    expect(response.status).toBe(422);
    expect((await response.arrayBuffer()).byteLength).toBeLessThan(128 * 1024);
  });
});

describe('an NDJSON upload', () => {
  const upload = (target: Service, body: Buffer) =>
    target.publishText(body, { 'content-type': NDJSON, 'content-encoding': 'gzip' });

  it.each([
    [
      'invalid lines',
      () => 'x\n'.repeat(8 * MIB),
      422,
      /Each of the 10000 lines is invalid.*Line 10001 and all lines after it were not read/,
    ],
    ['blank lines', () => '\n'.repeat(64 * MIB), 400, /contain no event/],
    ['long invalid lines', () => `${'x'.repeat(MIB - 1)}\n`.repeat(64), 422, /were not read/],
  ])('of nothing but %s ends early, and others are served meanwhile', async (_, bodyOf, status, detail) => {
    const body = gzipSync(bodyOf());
    const calm = Math.max(baseline(), baseline(), baseline());
    const stall = await longestStall(service, () =>
      inParallel(Array(21).fill(body), 21, async () => {
        const response = await upload(service, body);
        expect(response.status).toBe(status);
        expect(await response.json()).toMatchObject({ detail: expect.stringMatching(detail) });
      }),
    );
    expect(stall).toBeLessThan(Math.max(15 * calm, 15 * baseline()));
  });

  it('with too many invalid lines in a row keeps what it has stored and names the first line that was not read', async () => {
    const event = `${JSON.stringify(anEvent())}\n`;
    const body = gzipSync(event + 'x\n'.repeat(9_999) + event + 'x\n'.repeat(20_000) + event);
    expect(await (await upload(service, body)).json()).toMatchObject({
      received: 2,
      rejected: 19_999,
      complete: false,
      errors: expect.arrayContaining([
        { line: 20_002, detail: expect.stringMatching(/The last 10000 lines are invalid/) },
      ]),
    });
  });

  it('that has arrived in full ends soon after its client has left', async () => {
    const other = await Service.start();
    const body = gzipSync(`${JSON.stringify(anEvent())}\n`.repeat(1_000_000));
    const leave = new AbortController();
    const request = fetch(`${other.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': NDJSON, 'content-encoding': 'gzip' },
      body: body as unknown as string,
      signal: leave.signal,
    });
    await until(async () => (await other.stats()).received > 0, 'the upload has begun');
    leave.abort();
    await expect(request).rejects.toThrow();
    let last = -1;
    await until(async () => {
      const { received } = await other.stats();
      const ended = received === last;
      last = received;
      return ended;
    }, 'the upload has ended');
    expect(last).toBeLessThan(1_000_000);
  });
});
