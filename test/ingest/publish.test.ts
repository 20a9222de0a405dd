import { anEvent, events } from '../harness/an-event.js';
import { inParallel } from '../harness/in-parallel.js';
import { Service } from '../harness/service.js';
import type { PublishedBatch, PublishedEvent } from '../../src/ingest/publish.dto.js';

const service = await Service.start();
const publish = async <T>(body: unknown, headers?: Record<string, string>) =>
  (await (await service.publish(body, headers)).json()) as T;

describe('POST /publish with one event', () => {
  it('stores it and returns its seq', async () => {
    const event = anEvent();
    const response = await service.publish(event);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'accepted',
      message: expect.any(String),
      event_id: event.event_id,
      received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      outcome: 'stored',
      seq: 1,
    });
  });

  it('reports a repeated event as a duplicate, with the seq of the first', async () => {
    const event = anEvent();
    const { seq } = await publish<PublishedEvent>(event);
    expect(await publish(event)).toMatchObject({ outcome: 'duplicate', seq });
  });

  it('reports a duplicate regardless of the order of names in the payload', async () => {
    const event = anEvent({ payload: { a: 1, b: { c: [1, 2], d: null } } });
    const { seq } = await publish<PublishedEvent>(event);
    expect(await publish({ ...event, payload: { b: { d: null, c: [1, 2] }, a: 1 } })).toMatchObject({
      outcome: 'duplicate',
      seq,
    });
  });

  it('reports a different payload under the same key as a conflict and keeps the first', async () => {
    const event = anEvent({ event_id: 'conflicting', payload: { total: 1 } });
    const { seq } = await publish<PublishedEvent>(event);
    expect(await publish({ ...event, payload: { total: 2 } })).toMatchObject({
      outcome: 'conflict',
      seq,
      message: `not stored: event ${seq} has the same topic and event_id but a different payload`,
    });
    expect(await service.get('/events/orders/conflicting')).toMatchObject({ seq, payload: { total: 1 } });
  });

  it('stores {} for a missing payload', async () => {
    const { payload: _, ...event } = anEvent({ event_id: 'without-payload' });
    expect(await publish(event)).toMatchObject({ outcome: 'stored' });
    expect(await service.get('/events/orders/without-payload')).toMatchObject({ payload: {} });
  });

  it.each([
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00',
    '2026-01-31t12:00:00.123456789+05:30',
    '2024-02-29T23:59:59z',
    '2016-12-31T23:59:60Z',
  ])('stores the timestamp %s as it was sent', async (timestamp) => {
    const event = anEvent({ timestamp });
    expect(await publish(event)).toMatchObject({ outcome: 'stored' });
    expect(await service.get(`/events/orders/${event.event_id}`)).toMatchObject({ timestamp });
  });

  it('stores it once if a hundred clients send it at the same time', async () => {
    const event = anEvent();
    const answers = await Promise.all(Array.from({ length: 100 }, () => publish<PublishedEvent>(event)));
    expect(answers.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(99);
    expect(new Set(answers.map(({ seq }) => seq)).size).toBe(1);
  });

  it('distinguishes keys whose concatenated topic and event_id are equal', async () => {
    const keys = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['a', 'b/c'],
      ['a/b', 'c'],
    ];
    for (const [topic, event_id] of keys) {
      expect(await publish(anEvent({ topic, event_id }))).toMatchObject({ outcome: 'stored' });
    }
    for (const [topic, event_id] of keys) {
      expect(
        await service.get(`/events/${encodeURIComponent(topic!)}/${encodeURIComponent(event_id!)}`),
      ).toMatchObject({ topic, event_id });
    }
  });
});

describe('POST /publish with many events', () => {
  it.each([
    ['a bare array', (batch: unknown[]) => batch],
    ['{"events": […]}', (batch: unknown[]) => ({ events: batch })],
  ])('accepts %s and returns a verdict for each event, in request order', async (_, wrap) => {
    const [first, second] = [anEvent(), anEvent()];
    const { seq } = await publish<PublishedEvent>(first);
    const answer = await publish<PublishedBatch>(wrap([second, first, second, { ...second, payload: {} }]));
    const key = ({ topic, event_id }: typeof first) => ({ topic, event_id });
    expect(answer).toEqual({
      status: 'accepted',
      message: expect.any(String),
      received_at: expect.any(String),
      received: 4,
      stored: 1,
      duplicates: 2,
      conflicts: 1,
      results: [
        { ...key(second), outcome: 'stored', seq: seq + 1 },
        { ...key(first), outcome: 'duplicate', seq },
        { ...key(second), outcome: 'duplicate', seq: seq + 1 },
        { ...key(second), outcome: 'conflict', seq: seq + 1 },
      ],
    });
  });

  it('returns totals for an array of one event', async () => {
    expect(await publish<PublishedBatch>([anEvent()])).toMatchObject({ received: 1, stored: 1 });
  });

  it('omits the results with Prefer: return=minimal', async () => {
    const response = await service.publish(events(3), { prefer: 'return=minimal' });
    expect(response.headers.get('preference-applied')).toBe('return=minimal');
    const answer = (await response.json()) as PublishedBatch;
    expect(answer).toMatchObject({ received: 3, stored: 3, duplicates: 0, conflicts: 0 });
    expect(answer).not.toHaveProperty('results');
  });

  it('accepts 10 000 events in one request', async () => {
    expect(await publish<PublishedBatch>(events(10_000, { topic: 'large' }))).toMatchObject({
      stored: 10_000,
    });
  });
});

describe('POST /publish with Prefer: respond-async', () => {
  it('responds with 202 to one event, which is stored afterwards', async () => {
    const event = anEvent({ topic: 'async' });
    const response = await service.publish(event, { prefer: 'respond-async' });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    expect(await response.json()).toEqual({
      status: 'accepted',
      message: expect.any(String),
      event_id: event.event_id,
      received_at: expect.any(String),
      outcome: 'queued',
    });
    // The queue keeps the order, so this event is committed later.
    await publish(anEvent());
    expect(await service.get(`/events/async/${event.event_id}`)).toMatchObject({ event_id: event.event_id });
  });

  it('responds with 202 to many events, which are stored afterwards', async () => {
    const batch = events(5, { topic: 'async-batch' });
    const response = await service.publish(batch, { prefer: 'wait=5, respond-async' });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ outcome: 'queued', received: 5 });
    await publish(anEvent());
    expect(await service.get('/events?topic=async-batch')).toMatchObject({ count: 5 });
  });
});

describe('the counters', () => {
  it.each([
    { total: 5_000, repeats: 0.2, batch: 1, width: 50 },
    { total: 20_000, repeats: 0.3, batch: 100, width: 8 },
  ])(
    'are exact for $total events with a share of $repeats duplicates, $batch per request',
    async ({ total, repeats, batch, width }) => {
      const before = await service.stats();
      const unique = events(total * (1 - repeats), { topic: `count-${total}` });
      const sent = [...unique, ...unique.slice(0, total * repeats)];
      for (let index = sent.length - 1; index > 0; index--) {
        const other = (index * 7919) % (index + 1);
        [sent[index], sent[other]] = [sent[other]!, sent[index]!];
      }
      const batches = Array.from({ length: total / batch }, (_, index) =>
        sent.slice(index * batch, (index + 1) * batch),
      );
      const sums = { stored: 0, duplicates: 0, conflicts: 0 };
      await inParallel(batches, width, async (some) => {
        const answer = await publish<PublishedBatch>(some);
        sums.stored += answer.stored;
        sums.duplicates += answer.duplicates;
        sums.conflicts += answer.conflicts;
      });
      expect(sums).toEqual({ stored: unique.length, duplicates: total - unique.length, conflicts: 0 });
      const after = await service.stats();
      expect(after.received - before.received).toBe(total);
      expect(after.unique_processed - before.unique_processed).toBe(unique.length);
      expect(after.duplicate_dropped - before.duplicate_dropped).toBe(total - unique.length);
    },
  );

  it('match the stored rows and their seqs', async () => {
    const stored = await service.everything();
    expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1));
    const stats = await service.stats();
    expect(stats.unique_processed).toBe(stored.length);
    expect(stats.received).toBe(stats.unique_processed + stats.duplicate_dropped);
    expect(stats.queue_depth).toBe(0);
    expect(new Set(stats.topics)).toEqual(new Set(stored.map(({ topic }) => topic)));
  });
});

describe('a media type', () => {
  it.each([
    'application/json; charset="utf-8"',
    'application/json;charset=UTF-8',
    'Application/JSON; charset=us-ascii; v=1',
  ])('with parameters is accepted: %s', async (type) => {
    expect((await service.publish(anEvent(), { 'content-type': type })).status).toBe(200);
  });
});
