import { anEvent, events } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import type { EventsPage } from '../../src/query/events.dto.js';

const service = await Service.start();
const list = (query: string) => service.get<EventsPage>(`/events${query}`);
const seqs = (page: EventsPage) => page.events.map(({ seq }) => seq);

await service.publish(events(150, { topic: 'a', source: 'one' }));
await service.publish(events(50, { topic: 'b', source: 'two' }));

describe('GET /events', () => {
  it('returns the newest 100 events by default', async () => {
    const page = await list('');
    expect(page).toMatchObject({ topic: null, count: 100, next_cursor: 101 });
    expect(seqs(page)).toEqual(Array.from({ length: 100 }, (_, index) => 200 - index));
  });

  it('returns every field of an event', async () => {
    const event = anEvent({ topic: 'fields', payload: { a: [1, { b: null }] } });
    await service.publish(event);
    expect((await list('?topic=fields')).events).toEqual([
      { seq: 201, ...event, processed_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
    ]);
  });

  it('filters by topic and by source', async () => {
    expect(await list('?topic=b')).toMatchObject({ topic: 'b', count: 50, next_cursor: null });
    expect(await list('?source=two&limit=1000')).toMatchObject({ count: 50 });
    expect(await list('?topic=a&source=two')).toEqual({
      topic: 'a',
      count: 0,
      events: [],
      next_cursor: null,
    });
  });

  it('returns every event once, backward with before and forward with after', async () => {
    for (const [order, cursor] of [
      ['desc', 'before'],
      ['asc', 'after'],
    ] as const) {
      const seen: number[] = [];
      let page = await list(`?topic=a&limit=40&order=${order}`);
      seen.push(...seqs(page));
      while (page.next_cursor !== null) {
        page = await list(`?topic=a&limit=40&order=${order}&${cursor}=${page.next_cursor}`);
        seen.push(...seqs(page));
      }
      const all = Array.from({ length: 150 }, (_, index) => index + 1);
      expect(seen).toEqual(order === 'asc' ? all : all.reverse());
    }
  });

  it('has no next_cursor when the last page is full', async () => {
    expect(await list('?topic=b&limit=50')).toMatchObject({ count: 50, next_cursor: null });
    expect(await list('?topic=b&limit=49')).toMatchObject({ count: 49, next_cursor: 152 });
  });

  it('filters by processed_at, with since inclusive and until exclusive', async () => {
    const all = await service.everything();
    const { processed_at } = all[150]!;
    const first = all.findIndex((event) => event.processed_at >= processed_at) + 1;
    const at = encodeURIComponent(processed_at);
    const later = await list(`?order=asc&limit=1000&since=${at}`);
    expect(later.events[0]).toMatchObject({ seq: first });
    expect(later.count).toBe(all.length - first + 1);
    const earlier = await list(`?limit=1000&until=${at}`);
    expect(earlier.count).toBe(first - 1);
    const withOffset = new Date(Date.parse(processed_at) + 2 * 3_600_000)
      .toISOString()
      .replace('Z', '+02:00');
    expect((await list(`?limit=1000&since=${encodeURIComponent(withOffset)}`)).count).toBe(later.count);
    expect((await list(`?since=2100-01-01T00:00:00`)).count).toBe(0);
    expect((await list(`?until=2000-01-01T00:00:00Z`)).count).toBe(0);
    expect((await list('?since=9999-12-31T23:59:59-01:00')).count).toBe(0);
    expect((await list('?until=2016-12-31T23:59:60.5Z')).count).toBe(0);
    expect((await list('?since=2026-01-01T00:00:00+01:00')).count).toBe(100);
  });
});

describe('a page of large events', () => {
  it.each([
    ['latin', 'x'.repeat(120_000)],
    ['cyrillic', 'ж'.repeat(60_000)],
  ])('ends at 1 MiB of UTF-8, and the next page continues after next_cursor: %s', async (topic, text) => {
    const large = events(12, { topic, payload: { text } });
    expect((await service.publish(large)).status).toBe(200);
    const first = await list(`?topic=${topic}&order=asc`);
    expect(first.count).toBe(9); // The event that exceeds 1 MiB ends the page.
    const second = await list(`?topic=${topic}&order=asc&after=${first.next_cursor}`);
    expect(first.count + second.count).toBe(12);
    expect(second.next_cursor).toBeNull();
  });
});

describe('GET /events/{topic}/{event_id}', () => {
  it.each([
    'plain',
    'a/b',
    '50%',
    '%2F',
    'a b+c',
    '?&=#',
    '漢字 🧡',
    'it\'s "quoted" \\',
    '..',
    '.',
    ':id',
    '*',
    'x'.repeat(255),
    '🧡'.repeat(255),
  ])('finds the key %s', async (key) => {
    const event = anEvent({ topic: key, event_id: key });
    expect((await service.publish(event)).status).toBe(200);
    expect((await list(`?match=exact&topic=${encodeURIComponent(key)}`)).events).toMatchObject([event]);
    // fetch would resolve . and .. as folders, even if they are encoded.
    const path = `/events/${encodeURIComponent(key)}/${encodeURIComponent(key)}`;
    const connection = RawConnection.open(service.url).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const response = await connection.response('GET');
    connection.close();
    expect(JSON.parse(Buffer.from(response!.body, 'latin1').toString())).toMatchObject(event);
  });

  it('responds to HEAD', async () => {
    expect((await service.request('/events/a/none', { method: 'HEAD' })).status).toBe(404);
    const { event_id } = (await list('?topic=a&limit=1')).events[0]!;
    expect((await service.request(`/events/a/${event_id}`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('GET /events with an Accept header', () => {
  const typeFor = async (accept: string, method = 'GET') => {
    const response = await service.request('/events?topic=a', { method, headers: { accept } });
    await response.text();
    return response.headers.get('content-type')!.split(';')[0];
  };

  it.each([
    ['application/x-ndjson', 'application/x-ndjson'],
    ['application/x-ndjson, application/json;q=0.5', 'application/x-ndjson'],
    ['application/x-ndjson;q=0.1, application/json', 'application/json'],
    ['application/x-ndjson;q=0', 'application/json'],
    ['*/*', 'application/json'],
  ])('negotiates the media type: %s returns %s', async (accept, type) => {
    expect(await typeFor(accept)).toBe(type);
  });

  it('returns no Content-Length for NDJSON, neither for GET nor for HEAD', async () => {
    const headers = { accept: 'application/x-ndjson' };
    for (const method of ['GET', 'HEAD']) {
      const response = await service.request('/events?topic=a', { method, headers });
      await response.text();
      expect(response.headers.get('content-length')).toBeNull();
    }
  });
});

describe('GET /events with an event_id', () => {
  it.each([
    ['.', 'dot'],
    ['dots', '..'],
    ['..', '.'],
    ['a.*', 'pattern'],
  ])('finds the key (%s, %s) by a URL that clients normalise', async (topic, event_id) => {
    const event = anEvent({ topic, event_id, source: 'by key' });
    const { seq } = (await (await service.publish(event)).json()) as { seq: number };
    const query = `?match=exact&topic=${topic}&event_id=${event_id}`;
    expect(await list(query)).toMatchObject({
      topic,
      count: 1,
      events: [{ seq, ...event }],
      next_cursor: null,
    });
    expect((await list(`${query}&source=by+key`)).count).toBe(1);
    expect((await list(`${query}&source=other`)).count).toBe(0);
    expect((await list(`${query}&after=${seq}`)).count).toBe(0);
    const lines = await service.request(`/events${query}`, { headers: { accept: 'application/x-ndjson' } });
    expect(JSON.parse(await lines.text())).toMatchObject({ seq, ...event });
  });

  it('takes a topic that is no pattern as a name', async () => {
    expect((await list('?topic=.&event_id=dot')).count).toBe(1);
    expect((await list('?topic=.&event_id=none')).count).toBe(0);
  });

  it.each([
    ['?event_id=x', 'is required with event_id'],
    [
      '?topic=a.*&event_id=x',
      'must be the name of one topic with event_id; if this is its name, send match=exact',
    ],
    [
      '?topic=a.>&event_id=x&match=pattern',
      'must be the name of one topic with event_id; if this is its name, send match=exact',
    ],
  ])('rejects %s', async (query, detail) => {
    const response = await service.request(`/events${query}`);
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ errors: [{ pointer: 'topic', detail }] }),
    ]);
  });
});
