import { aNewEvent, newEvents, submissionOf } from '../../harness/new-event.js';
import { type StoreHarness, useStore } from './harness.js';

export function describeCounters(harness: StoreHarness): void {
  describe('counters and topics', () => {
    const test = useStore(harness);

    it('include every event after its commit', async () => {
      const none = { received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0, topics: [] };
      expect(await test.store.counters()).toEqual(none);
      const event = aNewEvent({ topic: 'second' });
      await test.store.commit([
        submissionOf(aNewEvent({ topic: 'first' })),
        submissionOf(event, event, { ...event, payload: '{}' }),
      ]);
      await test.store.commit([submissionOf(event)]);
      expect(await test.store.counters()).toEqual({
        received: 5,
        unique_processed: 2,
        duplicate_dropped: 3,
        conflicts: 1,
        topics: ['first', 'second'],
      });
    });

    it('include the times of the first and last event of each topic', async () => {
      const event = aNewEvent({ topic: 'a' });
      const first = await test.store.commit([submissionOf(event, event)]);
      const last = await test.store.commit([
        submissionOf(aNewEvent({ topic: 'a' }), aNewEvent({ topic: 'b' })),
      ]);
      const counters = { unique_processed: 1, duplicate_dropped: 0, conflicts: 0 };
      const [begin, end] = [first.processedAt, last.processedAt];
      expect(await test.store.topics('', 10)).toEqual([
        {
          topic: 'a',
          received: 3,
          unique_processed: 2,
          duplicate_dropped: 1,
          conflicts: 0,
          first_event_at: begin,
          last_event_at: end,
        },
        { topic: 'b', received: 1, ...counters, first_event_at: end, last_event_at: end },
      ]);
    });

    it('are ordered by the UTF-8 bytes of the topic, and paged by its name', async () => {
      // In UTF-16 order, the emoji would come before U+FF61.
      const sorted = ['A', 'Z', 'a', 'a.b', 'é', '\uff61', '😀'];
      const topics = [4, 6, 0, 2, 5, 3, 1].map((index) => sorted[index]!);
      await test.store.commit([submissionOf(...topics.flatMap((topic) => newEvents(1, { topic })))]);
      const names = async (after: string, limit: number) =>
        (await test.store.topics(after, limit)).map(({ topic }) => topic);
      expect(await names('', 10)).toEqual(sorted);
      expect(await names('Z', 3)).toEqual(['a', 'a.b', 'é']);
      expect(await names('😀', 3)).toEqual([]);
      expect((await test.store.counters()).topics).toEqual(topics);
    });
  });
}
