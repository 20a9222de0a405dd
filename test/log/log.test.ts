import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { anEvent, events } from '../harness/an-event.js';
import { aDatabase } from '../harness/database.js';
import { Service, spawnService } from '../harness/service.js';
import { pretty } from '../../src/log-format.js';
import { StoreOutage } from '../../src/consumer/store-outage.js';
import { VERSION } from '../../src/version.js';
import { type Line, linesOf, sumOf } from './log.js';

const API_KEY = 'a-key-that-no-log-may-hold';
const KEY_HASH = createHash('sha256').update(API_KEY).digest('hex');
const PAYLOAD = 'a-payload-that-no-log-may-hold';
const headers = { authorization: `Bearer ${API_KEY}` };
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Runs a service at this level, publishes, ends it, and returns it with its whole log. */
async function afterLoad(environment: Record<string, string>): Promise<Service> {
  const service = await Service.start({ API_KEYS: `shop:publish:${KEY_HASH}`, ...environment });
  const payload = { text: PAYLOAD };
  const batch = events(3, { topic: 'logged', payload });
  const publish = async (body: unknown, sent = headers) => (await service.publish(body, sent)).status;
  expect(await publish(batch)).toBe(200);
  expect(await publish([batch[0], { ...batch[1], payload: { text: `${PAYLOAD}!` } }])).toBe(200);
  // Rejected for an invalid field, malformed JSON, an unknown API key and a missing scope.
  expect(await publish({ ...anEvent({ payload }), topic: '' })).toBe(422);
  expect(await publish({ ...anEvent({ payload }), source: '' })).toBe(422);
  expect((await service.publishText(`{"payload":"${PAYLOAD}"`, headers)).status).toBe(400);
  expect((await service.publishText(PAYLOAD, headers)).status).toBe(400);
  expect(await publish(anEvent({ payload }), { authorization: `Bearer ${API_KEY}!` })).toBe(401);
  expect((await service.request(`/events?api_key=${API_KEY}`, { headers })).status).toBe(403);
  expect(await service.end('SIGTERM')).toBe(0);
  for (const secret of [API_KEY, KEY_HASH, PAYLOAD])
    expect(service.log.filter((line) => line.includes(secret))).toEqual([]);
  return service;
}

describe('the log', () => {
  it('begins with the version, the database and the address, and ends with the shutdown', async () => {
    const service = await afterLoad({});
    const lines = linesOf(service);
    expect(lines[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(ISO_TIME),
      version: VERSION,
      node: process.versions.node,
      url: service.url,
      host: '127.0.0.1',
      database: `sqlite:${service.database}`,
      schema: 'SetApplicationId1764000000000',
      last_seq: 0,
      api_keys: 'required',
      msg: 'ready',
    });
    expect(lines.every(({ time }) => ISO_TIME.test(time))).toBe(true);
    const messages = lines.map(({ msg }) => msg);
    expect(messages.filter((msg) => /^(stopp|draining)/.test(msg))).toEqual([
      'stopping',
      'draining the queue',
      'stopped',
    ]);
  });

  it('has the sums over all commits at level info, and no line for a commit or an event', async () => {
    const service = await afterLoad({});
    const summaries = linesOf(service, 'events committed');
    const names = ['commits', 'submissions', 'events', 'stored', 'duplicates', 'conflicts'];
    expect(names.map((name) => sumOf(summaries, name))).toEqual([2, 2, 5, 3, 1, 1]);
    expect(summaries.at(-1)).toMatchObject({ level: 'info', context: 'Consumer', last_seq: 3 });
    expect(summaries.every(({ ms_mean, ms_max }) => Number(ms_mean) <= Number(ms_max))).toBe(true);
    expect([linesOf(service, 'batch committed'), linesOf(service, 'event processed')]).toEqual([[], []]);
  });

  it('has a line for each commit and each event at level debug', async () => {
    const service = await afterLoad({ LOG_LEVEL: 'debug' });
    const batches = linesOf(service, 'batch committed');
    expect(batches.map(({ events: count, last_seq }) => [count, last_seq])).toEqual([
      [3, 3],
      [2, 3],
    ]);
    expect(batches.every(({ level, ms }) => level === 'debug' && typeof ms === 'number')).toBe(true);
    const single = linesOf(service, 'event processed');
    expect(single.map(({ level, topic, outcome, seq }) => [level, topic, outcome, seq])).toEqual([
      ['debug', 'logged', 'stored', 1],
      ['debug', 'logged', 'stored', 2],
      ['debug', 'logged', 'stored', 3],
      ['debug', 'logged', 'duplicate', 1],
      ['debug', 'logged', 'conflict', 2],
    ]);
    expect(single.every(({ event_id }) => typeof event_id === 'string')).toBe(true);
  });

  it('has the first rejected request of each API key and reason, and the number of the others', async () => {
    const service = await afterLoad({});
    const rejected = linesOf(service, 'requests rejected');
    const invalid = rejected.filter(({ status }) => status === 422);
    expect(invalid[0]).toEqual({
      level: 'warn',
      time: expect.stringMatching(ISO_TIME),
      context: 'Requests',
      msg: 'requests rejected',
      count: 1,
      status: 422,
      type: 'urn:problem:invalid-request',
      detail: expect.stringMatching(/^\/topic must be a string of 1 to 255 characters/),
      api_key: 'shop',
      address: '127.0.0.1',
      call: 'POST /publish',
      request_id: expect.stringMatching(/^.{8}-\d+$/),
    });
    expect(invalid[1]).toMatchObject({ count: 1, detail: expect.stringMatching(/^\/source/) });
    const others = rejected.filter(({ status }) => status !== 422);
    const sums = [400, 401, 403].map((status) =>
      sumOf(
        others.filter((line) => line.status === status),
        'count',
      ),
    );
    expect(sums).toEqual([2, 1, 1]);
    const [unknown] = others.filter(({ status }) => status === 401);
    expect(unknown).toMatchObject({
      address: '127.0.0.1',
      detail: expect.stringContaining('no valid API key'),
    });
    expect(unknown).not.toHaveProperty('api_key');
    expect(others.filter(({ status }) => status === 403)).toMatchObject([{ api_key: 'shop' }]);
  });

  it('has the rejected lines of NDJSON uploads', async () => {
    const service = await Service.start();
    const lines = [JSON.stringify(anEvent()), '{"topic":"orders"}', PAYLOAD];
    const type = { 'content-type': 'application/x-ndjson' };
    expect((await service.publishText(lines.join('\n'), type)).status).toBe(200);
    await service.end('SIGTERM');
    expect(linesOf(service, 'requests rejected')).toMatchObject([
      {
        count: 1,
        status: 200,
        detail: expect.stringMatching(/^2 lines rejected: line 2: \/event_id is required/),
      },
    ]);
    expect(service.log.join()).not.toContain(PAYLOAD);
  });

  it('has a line for each request with ACCESS_LOG=on, without a query', async () => {
    const service = await Service.start({ ACCESS_LOG: 'on' });
    await service.publish(anEvent({ event_id: 'accessed' }), { 'x-request-id': 'chosen' });
    await service.status('/events/orders/accessed?api_key=secret');
    await service.status('/nowhere');
    await service.end('SIGTERM');
    const lines = linesOf(service, 'request');
    expect(lines.map(({ method, route, status }) => [method, route, status])).toEqual([
      ['POST', '/publish', 200],
      ['GET', '/events/:topic/:event_id', 200],
      ['GET', undefined, 404],
    ]);
    expect(lines[0]).toMatchObject({
      level: 'info',
      bytes: expect.any(Number),
      ms: expect.any(Number),
      address: '127.0.0.1',
      request_id: 'chosen',
    });
    expect(service.log.join()).not.toContain('secret');
  });

  it('is text for people with LOG_FORMAT=pretty', async () => {
    const child = spawnService(aDatabase(), { LOG_FORMAT: 'pretty' });
    const [text] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string];
    expect(text).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO  ready version=\S+ .* api_keys="not required"\n/,
    );
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('a line for people', () => {
  const line = (fields: Partial<Line>) =>
    pretty(JSON.stringify({ level: 'warn', time: 'T', context: 'Requests', msg: 'm', ...fields }), false);

  it('has the members after the message, and the stack of an error below', () => {
    expect(line({ count: 2, api_key: 'shop', detail: 'a b' })).toBe(
      'T WARN  Requests: m count=2 api_key=shop detail="a b"\n',
    );
    expect(line({ err: { stack: 'Error: x\n    at y' } })).toBe('T WARN  Requests: m\nError: x\n    at y\n');
  });

  it('cannot be forged by a value with a line break', () => {
    expect(line({ detail: 'a\nT ERROR forged\u001b[31m' })).toBe(
      'T WARN  Requests: m detail="a\\nT ERROR forged\\u001b[31m"\n',
    );
  });
});

describe('an outage of the store', () => {
  it('is logged at its beginning, once a minute, and at its end', () => {
    const lines: object[] = [];
    const record = (line: object) => void lines.push(line);
    let now = 0;
    const outage = new StoreOutage({ error: record, log: record } as never, () => now);
    outage.recover();
    for (now = 1_000; now < 121_000; now += 500) outage.fail('disk full');
    outage.recover();
    outage.recover();
    expect(lines).toEqual([
      { msg: 'store failed', batches: 1, seconds: 0, reason: 'disk full' },
      { msg: 'store failed', batches: 121, seconds: 60, reason: 'disk full' },
      { msg: 'store recovered', batches: 240, seconds: 120 },
    ]);
  });
});
