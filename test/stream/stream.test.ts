import { EventSource } from 'eventsource';
import { once } from 'node:events';
import { anEvent, events } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { inParallel } from '../harness/in-parallel.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from './stream-client.js';
import type { EventsPage } from '../../src/query/events.dto.js';

type Stored = EventsPage['events'][number];

/** Maximum ratio of the time to stop with a subscriber to that without. */
const MAX_SLOWDOWN = 5;

async function msToStop(service: Service): Promise<number> {
  const started = performance.now();
  expect(await service.end('SIGTERM')).toBe(0);
  return performance.now() - started;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('GET /events/stream', () => {
  it('sends stored events, then new ones, as GET /events returns them', async () => {
    const service = await Service.start();
    await service.publish(events(3));
    const subscriber = await StreamClient.open(service, '?after=0');
    expect(subscriber.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await until(() => subscriber.ids.length === 3, 'three events are received');
    await service.publish(events(2));
    await until(() => subscriber.ids.length === 5, 'five events are received');
    expect(subscriber.ids).toEqual(numbers(1, 5));
    expect(subscriber.events).toEqual(await service.everything());
    subscriber.close();
  });

  it('sends only new events without a cursor, and neither duplicates nor conflicts', async () => {
    const service = await Service.start();
    const [old, fresh] = [anEvent(), anEvent()];
    await service.publish(old);
    const subscriber = await StreamClient.open(service);
    await service.publish([old, { ...old, payload: {} }, fresh, fresh]);
    await until(() => subscriber.ids.length > 0, 'an event is received');
    await service.publish(anEvent());
    await until(() => subscriber.ids.length === 2, 'two events are received');
    expect(subscriber.ids).toEqual([2, 3]);
    subscriber.close();
  });

  it('sends its cursor first, so that a client without an event resumes at the same seq', async () => {
    const service = await Service.start();
    await service.publish(events(3));
    const subscriber = await StreamClient.open(service);
    const [greeting] = (await once(subscriber.response, 'data')) as [string];
    expect(greeting).toBe('retry: 1000\nid: 3\n\n');
    subscriber.close();
  });

  it('sends only the events selected by topic, pattern, source or exact match', async () => {
    const service = await Service.start();
    const topics = ['user', 'user.login', 'user.login.failed', 'users.login', 'user.*', 'order'];
    const expected: [string, string[]][] = [
      ['topic=user', ['user']],
      ['topic=user.*', ['user.login', 'user.*']],
      ['topic=user.>', ['user.login', 'user.login.failed', 'user.*']],
      ['topic=*.login', ['user.login', 'users.login']],
      ['topic=user.*&match=exact', ['user.*']],
      ['source=robot', ['order']],
      ['topic=>&source=robot', ['order']],
    ];
    const send = () =>
      service.publish(
        topics.map((topic) => anEvent({ topic, source: topic === 'order' ? 'robot' : 'person' })),
      );
    await send();
    const subscribers = await Promise.all(
      expected.map(([query]) => StreamClient.open(service, `?after=0&${query.replaceAll('>', '%3E')}`)),
    );
    await send();
    for (const [index, [query, names]] of expected.entries()) {
      const subscriber = subscribers[index]!;
      await until(() => subscriber.events.length === names.length * 2, 'every event is received');
      expect([query, subscriber.events.map(({ topic }) => topic)]).toEqual([query, [...names, ...names]]);
      const page = await service.get<EventsPage>(`/events?order=asc&${query.replaceAll('>', '%3E')}`);
      expect(page.events).toEqual(subscriber.events);
      subscriber.close();
    }
  });

  it('continues after Last-Event-ID, which takes precedence over after', async () => {
    const service = await Service.start();
    await service.publish(events(10));
    const subscriber = await StreamClient.open(service, '?after=0', { 'last-event-id': '7' });
    await until(() => subscriber.ids.length === 3, 'three events are received');
    expect(subscriber.ids).toEqual([8, 9, 10]);
    subscriber.close();
  });

  it.each([
    ['?after=x', {}],
    ['?after=-1', {}],
    ['?limit=5', {}],
    ['', { 'last-event-id': 'x' }],
    ['', { 'last-event-id': '-1' }],
    ['?after=1000000', {}],
    ['', { 'last-event-id': '1000000' }],
  ])('rejects with 422: %s %j', async (query, headers) => {
    const service = await shared;
    const response = await service.request(`/events/stream${query}`, { headers });
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toMatch(/problem\+json/);
    await response.text();
  });

  it('starts when the previous responses of its connection are sent', async () => {
    const body = JSON.stringify(anEvent({ topic: 'pipelined' }));
    const connection = RawConnection.open((await shared).url);
    connection.send(
      `POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    connection.send('GET /events/stream?topic=pipelined&after=0 HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => connection.received.includes('event: event'), 'the event is received');
    expect(connection.statuses).toEqual([200, 200]);
    connection.close();
  });

  it('responds to HEAD without a stream', async () => {
    const response = await (await shared).request('/events/stream', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/text\/event-stream/);
  });

  it('sends every event of 20 publishers to each of three subscribers, once and in order', async () => {
    const service = await Service.start();
    const subscribers = await Promise.all(
      ['?after=0', '?after=0', ''].map((query) => StreamClient.open(service, query)),
    );
    const batches = Array.from({ length: 400 }, (_, index) => events(index % 10 === 0 ? 20 : 1));
    const total = batches.flat().length;
    await inParallel(batches, 20, async (batch) => {
      expect((await service.publish(batch)).status).toBe(200);
    });
    for (const subscriber of subscribers) {
      await until(() => subscriber.ids.length >= total, 'every event is received');
      expect(subscriber.ids).toEqual(numbers(1, total));
      subscriber.close();
    }
  });

  it('skips and repeats no event across kill -9 if the subscriber resumes with Last-Event-ID', async () => {
    let service = await Service.start();
    const seen: number[] = [];
    for (let cycle = 0; cycle < 3; cycle++) {
      const subscriber = await StreamClient.open(service, '?after=0', {
        'last-event-id': String(seen.at(-1) ?? 0),
      });
      const publishing = inParallel(numbers(1, 2_000), 8, async () => {
        await service.publish(anEvent()).catch(() => {});
      });
      await until(() => subscriber.ids.length > 200, '200 events are received');
      await service.end('SIGKILL');
      await publishing;
      await until(() => subscriber.ended, 'the stream ends');
      seen.push(...subscriber.ids);
      service = await service.restart();
    }
    const last = await StreamClient.open(service, '', { 'last-event-id': String(seen.at(-1)) });
    const stored = await service.everything();
    await until(() => seen.length + last.ids.length >= stored.length, 'every stored event is received');
    expect([...seen, ...last.ids]).toEqual(stored.map(({ seq }) => seq));
    last.close();
  });

  it('resumes an EventSource after a restart', async () => {
    let service = await Service.start();
    const seen: number[] = [];
    const source = new EventSource(`${service.url}/events/stream?after=0`);
    source.addEventListener('event', ({ data }) => seen.push((JSON.parse(data as string) as Stored).seq));
    await service.publish(events(2));
    await until(() => seen.length === 2, 'two events are received');
    const { port } = new URL(service.url);
    await service.end('SIGTERM');
    service = await service.restart({ PORT: port });
    await service.publish(events(2));
    await until(() => seen.length === 4, 'four events are received');
    expect(seen).toEqual([1, 2, 3, 4]);
    source.close();
  });

  it('sends a complete response when the service stops, and does not delay the stop', async () => {
    let ratio = Infinity;
    // Each attempt is compared with a service without subscribers, because a busy machine delays both.
    for (let attempt = 0; attempt < 3 && ratio > MAX_SLOWDOWN; attempt++) {
      const [calm, watched] = [await Service.start(), await Service.start()];
      const subscriber = await StreamClient.open(watched);
      const calmMs = await msToStop(calm);
      ratio = Math.min(ratio, (await msToStop(watched)) / calmMs);
      await until(() => subscriber.ended, 'the stream ends');
      expect(subscriber.response.complete).toBe(true);
    }
    expect(ratio).toBeLessThan(MAX_SLOWDOWN);
  });

  it('keeps little memory for stalled subscribers', async () => {
    const service = await Service.start();
    const overrides = { topic: 'a.b.c.d.e', payload: { text: 'x'.repeat(1_000) } };
    /** Publishes 20 000 events. Returns the peak of resident memory. */
    const publishAll = async () => {
      let peak = 0;
      for (let batch = 0; batch < 40; batch++) {
        expect((await service.publish(events(500, overrides))).status).toBe(200);
        peak = Math.max(peak, service.residentBytes());
      }
      return peak;
    };
    const before = await publishAll();
    // Subscribers with different patterns share no serialised bytes: *.b.c.d.e, a.*.c.d.e, *.*.c.d.e, …
    const patterns = numbers(1, 20).map((bits) =>
      [...'abcde'].map((token, index) => ((bits >> index) & 1 ? '*' : token)).join('.'),
    );
    const idle = await Promise.all(
      patterns.map((pattern) => StreamClient.open(service, `?topic=${encodeURIComponent(pattern)}`)),
    );
    for (const { response } of idle) response.pause();
    const unreadBytes = idle.length * 20_000 * JSON.stringify(anEvent(overrides)).length;
    expect((await publishAll()) - before).toBeLessThan(unreadBytes / 3);
    idle[0]!.response.resume();
    await until(() => idle[0]!.ids.length === 20_000, 'every event is received');
    expect(idle[0]!.ids).toEqual(numbers(20_001, 40_000));
    for (const subscriber of idle) subscriber.close();
  });
});

const shared = Service.start();
