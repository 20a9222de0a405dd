import { gzipSync } from 'node:zlib';
import { anEvent } from '../harness/an-event.js';
import { Service } from '../harness/service.js';

const LIMIT = 2_000;
const service = await Service.start({ EVENT_LIMIT_BYTES: String(LIMIT) });

/** Returns the text of a new event of exactly this many bytes. */
function ofSize(bytes: number): string {
  const text = JSON.stringify(anEvent({ payload: { text: '' } }));
  return text.replace('"text":""', `"text":"${'x'.repeat(bytes - text.length)}"`);
}

const problemOf = async (response: Response) => [response.status, await response.json()];
const tooLarge = (...pointers: string[]) => [
  413,
  expect.objectContaining({
    detail: expect.stringContaining(`at most ${LIMIT} bytes`),
    errors: pointers.map((pointer) => ({ pointer, detail: `is larger than ${LIMIT} bytes` })),
  }),
];

const CLOUD_EVENT = { specversion: '1.0', type: 'limits', source: 'clouds', id: '1' };
const JSON_TYPE = 'application/json';

describe('an event of the maximum size', () => {
  it.each([
    ['alone', () => ofSize(LIMIT), JSON_TYPE],
    ['alone, between blanks', () => ` \n${ofSize(LIMIT)}\r\n`, JSON_TYPE],
    ['in an array', () => `[${ofSize(LIMIT)}, ${ofSize(LIMIT)}\n]`, JSON_TYPE],
    ['in an object', () => `{ "events" : [${ofSize(LIMIT)},${ofSize(100 + LIMIT / 2)}] }`, JSON_TYPE],
    ['as a line', () => `${ofSize(LIMIT)}\n${ofSize(LIMIT)}`, 'application/x-ndjson'],
    ['as a line that ends with CRLF', () => `${ofSize(LIMIT)}\r\n`, 'application/x-ndjson'],
    ['as a line behind a byte order mark', () => `\ufeff${ofSize(LIMIT)}\n`, 'application/x-ndjson'],
  ])('is stored %s', async (_, bodyOf, type) => {
    const response = await service.publishText(bodyOf(), { 'content-type': type });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, expect.not.stringContaining('"rejected":1')]);
  });
});

describe('an event above the maximum size', () => {
  it.each([
    ['alone', () => ofSize(LIMIT + 1), JSON_TYPE, ['']],
    ['in an array', () => `[${ofSize(500)},${ofSize(LIMIT + 1)}]`, JSON_TYPE, ['/1']],
    [
      'in an object',
      () => `{"events":[${ofSize(LIMIT + 1)},${ofSize(500)},${ofSize(LIMIT * 2)}]}`,
      JSON_TYPE,
      ['/events/0', '/events/2'],
    ],
    [
      'as a CloudEvent',
      () => JSON.stringify({ ...CLOUD_EVENT, data: { text: 'x'.repeat(LIMIT) } }),
      'application/cloudevents+json',
      [''],
    ],
    [
      'in a batch of CloudEvents',
      () => JSON.stringify([CLOUD_EVENT, { ...CLOUD_EVENT, data: 'x'.repeat(LIMIT) }]),
      'application/cloudevents-batch+json',
      ['/1'],
    ],
  ])('gets 413 %s, and nothing is stored', async (_, bodyOf, type, pointers) => {
    const { received } = await service.stats();
    const response = await service.publishText(bodyOf(), { 'content-type': type });
    expect(await problemOf(response)).toEqual(tooLarge(...pointers));
    const compressed = await service.publishText(gzipSync(bodyOf()), {
      'content-type': type,
      'content-encoding': 'gzip',
    });
    expect(await problemOf(compressed)).toEqual(tooLarge(...pointers));
    expect((await service.stats()).received).toBe(received);
  });

  it('is rejected alone as a line', async () => {
    const body = `${ofSize(500)}\n${ofSize(LIMIT + 1)}\n${ofSize(500)}\n`;
    const response = await service.publishText(body, { 'content-type': 'application/x-ndjson' });
    expect(await response.json()).toMatchObject({
      received: 2,
      rejected: 1,
      errors: [{ line: 2, detail: `is longer than ${LIMIT} bytes` }],
    });
  });

  it('is only reported for one of the first hundred in a batch', async () => {
    const response = await service.publishText(
      `[${Array(120)
        .fill(ofSize(LIMIT + 1))
        .join()}]`,
    );
    expect(response.status).toBe(413);
    expect(((await response.json()) as { errors: unknown[] }).errors).toHaveLength(100);
  });
});

describe('a batch', () => {
  it.each([
    ['[1,]', 400],
    ['[,1]', 400],
    ['[ ]', 422],
    ['{"events":[]}', 422],
    ['[{}', 400],
    ['[{}]]', 400],
    ['[{}] x', 400],
    ['{"events":[{}', 400],
    ['{"events":[{}]', 400],
    ['{"events":[{}]} x', 400],
    ['{"events":[{}]]', 400],
    ['[{"a":]}]', 400],
    ['["a', 400],
  ])('that is malformed or empty is rejected: %s', async (text, status) => {
    const response = await service.publishText(text);
    expect([response.status, (await response.json()) as object]).toEqual([
      status,
      expect.objectContaining({ status }),
    ]);
  });

  it('whose member events is escaped or repeated is read as JSON.parse does', async () => {
    const event = ofSize(400);
    const escaped = await service.publishText(`{"\\u0065vents":[${event},${event}]}`);
    expect(await escaped.json()).toMatchObject({ received: 2, stored: 1, duplicates: 1 });
    const repeated = await service.publishText(`{"events":[1],"events":[${event}]}`);
    expect(await repeated.json()).toMatchObject({ received: 1, duplicates: 1 });
    expect((await service.publishText('{"\\u0065vents":[]}')).status).toBe(422);
  });

  it('that is parsed in several turns names the event that is not JSON', async () => {
    const roomy = await Service.start();
    const list = Array.from({ length: 3_000 }, () => ofSize(400));
    list[2_345] = list[2_345]!.replace('"topic":', '"topic"');
    const response = await roomy.publishText(`{"events":[${list.join()}]}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { detail: string }).detail).toMatch(
      /^The body is not valid JSON at \/events\/2345: /,
    );
  });
});
