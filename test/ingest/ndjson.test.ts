import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { NDJSON_TYPES } from '../../src/http/media-types.js';
import type { ProblemDto } from '../../src/http/problem.dto.js';
import type { PublishedLines } from '../../src/ingest/ndjson.dto.js';
import type { TopicsPage } from '../../src/stats/topics.dto.js';
import type { EventsPage } from '../../src/query/events.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

const publishLines = async (body: string | Buffer, headers: Record<string, string> = {}) => {
  const response = await service.publishText(body, { 'content-type': 'application/x-ndjson', ...headers });
  expect(response.status).toBe(200);
  return (await response.json()) as PublishedLines;
};
const asLines = (list: object[]) => list.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('POST /publish with NDJSON', () => {
  it('stores the valid lines in order and reports each invalid one by its number', async () => {
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
      JSON.stringify({ ...first, payload: { n: 0 } }).replace(':0', ':1e1001'),
    ].join('\n');
    const answer = await publishLines(body);
    expect(answer).toMatchObject({ received: 4, stored: 2, duplicates: 1, conflicts: 1, rejected: 4 });
    expect(answer.errors.map(({ line }) => line)).toEqual([3, 5, 8, 9]);
    expect(answer.errors[1]!.detail).toMatch(/^\/topic must be/);
    const { events: stored } = await service.get<EventsPage>('/events?topic=lines&order=asc');
    expect(stored.map(({ event_id }) => event_id)).toEqual([first.event_id, second.event_id]);
  });

  it('accepts a body larger than the limit of other bodies', async () => {
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

  it('reports the first hundred errors and counts all of them', async () => {
    const answer = await publishLines('nonsense\n'.repeat(250) + asLines([anEvent()]));
    expect(answer).toMatchObject({ received: 1, rejected: 250 });
    expect(answer.errors.map(({ line }) => line)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  it('rejects only the lines that are too long or not UTF-8', async () => {
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

  it('keeps the stored lines if the connection breaks, so that sending the body again is safe', async () => {
    const many = events(5_000, { topic: 'broken' });
    const body = asLines(many);
    const sending = request(`${service.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    sending.on('error', () => {});
    sending.write(body.slice(0, body.length / 2));
    const stored = async () => (await service.get<TopicsPage>('/topics?after=broke&limit=1')).topics[0]!;
    await until(
      async () => (await stored()).topic === 'broken' && (await stored()).received >= 1_000,
      'the lines before the break are stored',
    );
    sending.destroy();
    await new Promise((resolve) => sending.once('close', resolve));
    const { received, duplicates, stored: fresh } = await publishLines(body);
    expect([received, duplicates + fresh]).toEqual([5_000, 5_000]);
    expect(duplicates).toBeGreaterThanOrEqual(1_000);
    expect(await stored()).toMatchObject({ unique_processed: 5_000 });
  });

  it('keeps the lines before the end of a truncated compressed body, and reports the next line', async () => {
    const packed = gzipSync(asLines(events(5_000, { topic: 'cut' })));
    const answer = await publishLines(packed.subarray(0, packed.length - 100), {
      'content-encoding': 'gzip',
    });
    expect(answer).toMatchObject({ rejected: 0, complete: false });
    expect(answer.errors).toEqual([
      { line: answer.received + 1, detail: expect.stringMatching(/could not be read\. .* not valid gzip/) },
    ]);
    const [cut] = (await service.get<TopicsPage>('/topics?after=cus&limit=1')).topics;
    expect(cut).toMatchObject({ topic: 'cut', received: answer.received });
  });

  it('responds with 400 and closes the connection if nothing can be decompressed', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asking = request(`${service.url}/publish`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    });
    asking.end(asLines(events(5_000)));
    const [rejection] = (await once(asking, 'response')) as [IncomingMessage];
    expect([rejection.statusCode, rejection.headers.connection]).toEqual([400, 'close']);
    rejection.resume();
    await once(rejection, 'end');
    const [next] = (await once(request(`${service.url}/health/live`, { agent }).end(), 'response')) as [
      IncomingMessage,
    ];
    expect(next.statusCode).toBe(200);
    next.resume();
    agent.destroy();
  });

  it('stores lines as they arrive, without waiting for more', async () => {
    const feed = request(`${service.url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const answered = once(feed, 'response');
    const stored = async () => (await service.get<EventsPage>('/events?topic=drip')).count;
    for (let count = 1; count <= 3; count++) {
      feed.write(asLines([anEvent({ topic: 'drip' })]));
      await until(async () => (await stored()) === count, 'every line is stored');
    }
    feed.end();
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  it('enforces the exact limit of a line in bytes, regardless of chunks', async () => {
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

  it('responds with 200 and totals, regardless of Prefer', async () => {
    const response = await service.publishText(asLines([anEvent()]), {
      'content-type': 'application/x-ndjson',
      prefer: 'respond-async, return=minimal',
    });
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, null]);
    expect(await response.json()).toMatchObject({ stored: 1 });
  });

  it('stores a body in parts that fit the queue, and rejects only the line that does not', async () => {
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

  it.each(['', '\n\n'])('accepts a body without lines: %j', async (body) => {
    expect(await publishLines(body)).toEqual({
      received: 0,
      stored: 0,
      duplicates: 0,
      conflicts: 0,
      rejected: 0,
      complete: true,
      errors: [],
    });
  });

  it.each(NDJSON_TYPES)('accepts the media type %s, in any case', async (type) => {
    for (const name of [type, type.toUpperCase(), `${type}; charset=utf-8`]) {
      expect(await publishLines(asLines([anEvent()]), { 'content-type': name })).toMatchObject({ stored: 1 });
    }
  });
});

describe('POST /publish with NDJSON without a valid line', () => {
  const rejected = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const before = await service.stats();
    const response = await service.publishText(body, { 'content-type': 'application/x-ndjson', ...headers });
    expect(response.status).toBe(422);
    expect(await service.stats()).toEqual({ ...before, uptime: expect.any(Number) });
    return (await response.json()) as ProblemDto;
  };

  it('responds with 422 that lists the problems of each line', async () => {
    const event = anEvent();
    const problem = await rejected(
      `\n${JSON.stringify({ ...event, topic: undefined, source: 1 })}\n{\n${JSON.stringify({ events: [event] })}\n`,
    );
    expect(problem).toMatchObject({
      type: 'urn:problem:invalid-request',
      detail: 'Each of the 3 lines is invalid; nothing was stored.',
    });
    expect(problem.errors!.map(({ line, pointer }) => [line, pointer])).toEqual([
      [2, '/topic'],
      [2, '/source'],
      [3, ''],
      [4, '/topic'],
      [4, '/event_id'],
      [4, '/timestamp'],
      [4, '/source'],
      [4, '/events'],
    ]);
  });

  it('responds with 422 to a single line', async () => {
    expect((await rejected('{}')).detail).toBe('The only line is invalid; nothing was stored.');
  });

  it('responds with 422 that lists at most a hundred problems', async () => {
    const { detail, errors } = await rejected('nonsense\n'.repeat(250));
    expect(detail).toMatch(/^Each of the 250 lines is invalid; .* The first 100 errors are listed\.$/);
    expect(errors!.map(({ line }) => line)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it('responds with 422 if the body is also truncated', async () => {
    const packed = gzipSync('nonsense\n'.repeat(100_000));
    const problem = await rejected(packed.subarray(0, packed.length - 100), { 'content-encoding': 'gzip' });
    expect(problem.detail).toMatch(/is invalid; nothing was stored/);
  });
});
