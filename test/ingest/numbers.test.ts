import { anEvent } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const service = await Service.start();

const NUMBERS =
  '[12345678901234567890,1700000000123456789,0.12345678901234567891,1e+400,-9007199254740993,[1e-400,1.5]]';
const TEXT = `{"n":${NUMBERS},"text":"12345678901234567890"}`;

/** Returns the text of an event with this payload text. */
const withPayload = (payload: string, overrides = {}) =>
  JSON.stringify(anEvent({ topic: 'numbers', payload: '@', ...overrides })).replace('"@"', payload);

const textAt = async (path: string, headers = {}) => (await service.request(path, { headers })).text();
const cloudEvent = { specversion: '1.0', type: 'numbers', source: 'clouds' };

/** One request for each form of a publish request, and the event_id that it stores. */
const FORMS: [form: string, id: string, body: string, headers: Record<string, string>][] = [
  ['a single event', 'single', withPayload(TEXT, { event_id: 'single' }), {}],
  ['an array', 'array', `[${withPayload('{}')},${withPayload(TEXT, { event_id: 'array' })}]`, {}],
  ['an object with events', 'object', `{"events":[${withPayload(TEXT, { event_id: 'object' })}]}`, {}],
  [
    'NDJSON',
    'lines',
    `${withPayload('{}')}\n${withPayload(TEXT, { event_id: 'lines' })}\n`,
    { 'content-type': 'application/x-ndjson' },
  ],
  [
    'a CloudEvent in structured mode',
    'clouds#structured',
    JSON.stringify({ ...cloudEvent, id: 'structured', data: '@' }).replace('"@"', TEXT),
    { 'content-type': 'application/cloudevents+json' },
  ],
  [
    'a batch of CloudEvents',
    'clouds#batched',
    `[${JSON.stringify({ ...cloudEvent, id: 'batched', data: '@' }).replace('"@"', TEXT)}]`,
    { 'content-type': 'application/cloudevents-batch+json' },
  ],
  [
    'a CloudEvent in binary mode',
    'clouds#binary',
    TEXT,
    { 'ce-specversion': '1.0', 'ce-type': 'numbers', 'ce-source': 'clouds', 'ce-id': 'binary' },
  ],
];

describe('a number with more digits than a double', () => {
  it.each(FORMS)('keeps its value in %s', async (_, id, body, headers) => {
    expect((await service.publishText(body, headers)).status).toBe(200);
    expect(await textAt(`/events/numbers/${encodeURIComponent(id)}`)).toContain(`"payload":${TEXT}`);
  });

  it('keeps its value in pages, exports and streams', async () => {
    const event = withPayload(TEXT, { topic: 'read' });
    const { seq } = (await (await service.publishText(event)).json()) as { seq: number };
    expect(await textAt('/events?topic=read')).toContain(`"payload":${TEXT}`);
    expect(await textAt('/events?topic=read', { accept: 'application/x-ndjson' })).toContain(TEXT);
    const stream = await service.request(`/events/stream?topic=read&after=${seq - 1}`);
    let received = '';
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    await until(async () => {
      received += (await reader.read()).value ?? '';
      return received.includes('\ndata: ');
    }, 'the event is streamed');
    expect(received).toContain(TEXT);
    await reader.cancel();
  });

  it('is the value of data that is only a number', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-type': 'numbers', 'ce-source': 'clouds', 'ce-id': 'one' };
    expect((await service.publishText('12345678901234567890', headers)).status).toBe(200);
    expect(await textAt('/events/numbers/clouds%23one')).toContain(
      '"payload":{"value":12345678901234567890}',
    );
  });

  it.each([
    ['topic', '{"pointer":"/topic"'],
    ['event_id', '{"pointer":"/event_id"'],
    ['source', '{"pointer":"/source"'],
    ['timestamp', '{"pointer":"/timestamp"'],
    ['payload', '{"pointer":"/payload","detail":"must be a JSON object"'],
  ])('is not a valid %s', async (member, problem) => {
    const text = JSON.stringify(anEvent({ [member]: '@' })).replace('"@"', '12345678901234567890');
    const response = await service.publishText(text);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(problem);
  });

  it.each(['12345678901234567890', '[12345678901234567890]', '{"events":12345678901234567890}'])(
    'is not a valid event or batch: %s',
    async (body) => {
      expect((await service.publishText(body)).status).toBe(422);
    },
  );

  it('is not valid binary data of a CloudEvent', async () => {
    const text = JSON.stringify({ ...cloudEvent, id: 'x', data_base64: '@' });
    const response = await service.publishText(text.replace('"@"', '12345678901234567890'), {
      'content-type': 'application/cloudevents+json',
    });
    expect(response.status).toBe(422);
  });
});

describe('the payload of a repeated event', () => {
  it.each([
    ['{"a":1}', '{"a":1.0}', 'duplicate'],
    ['{"a":1,"b":2}', '{"b":2e0,"a":10e-1}', 'duplicate'],
    ['{"a":12345678901234567890}', '{"a":12345678901234567890.0}', 'duplicate'],
    ['{"a":12345678901234567890,"b":1}', '{"b":1,"a":1234567890123456789e1}', 'duplicate'],
    ['{"a":12345678901234567890}', '{"a":12345678901234567891}', 'conflict'],
    ['{"a":12345678901234567890,"b":1}', '{"b":1,"a":12345678901234567891}', 'conflict'],
    ['{"a":12345678901234567890}', '{"a":"12345678901234567890"}', 'conflict'],
    ['{"a":1e400}', '{"a":1e401}', 'conflict'],
    ['{"a":0.1}', '{"a":0.1000000000000000055511151231257827}', 'conflict'],
  ])('%s then %s is a %s', async (first, second, outcome) => {
    const { event_id } = anEvent();
    expect(await (await service.publishText(withPayload(first, { event_id }))).json()).toMatchObject({
      outcome: 'stored',
    });
    const repeated = await service.publishText(withPayload(second, { event_id }));
    expect(await repeated.json()).toMatchObject({ outcome });
  });
});
