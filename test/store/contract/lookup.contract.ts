import { aNewEvent, newEvents, submissionOf } from '../../harness/new-event.js';
import { type StoreHarness, useStore } from './harness.js';

export function describeLookup(harness: StoreHarness): void {
  describe('get', () => {
    const test = useStore(harness);

    it('returns the event with a key, or null', async () => {
      const event = aNewEvent();
      await test.store.commit([submissionOf(event)]);
      expect(await test.store.get(event)).toMatchObject({ seq: 1, topic: event.topic, source: event.source });
      expect(await test.store.get({ ...event, event_id: 'missing' })).toBeNull();
      expect(await test.store.get({ ...event, topic: event.topic.toUpperCase() })).toBeNull();
    });
  });

  describe('lookup', () => {
    const test = useStore(harness);

    it('returns the seq of each key in the order given, and null for a missing one', async () => {
      const [first, second] = newEvents(2) as [ReturnType<typeof aNewEvent>, ReturnType<typeof aNewEvent>];
      await test.store.commit([submissionOf(first, second)]);
      const missing = { topic: first.topic, event_id: 'missing' };
      expect(await test.store.lookup([second, missing, first, second])).toEqual([2, null, 1, 2]);
      expect(await test.store.lookup([])).toEqual([]);
    });
  });

  describe('lastSeq', () => {
    const test = useStore(harness);

    it('returns the highest seq, or 0 for an empty store', async () => {
      expect(await test.store.lastSeq()).toBe(0);
      await test.store.commit([submissionOf(...newEvents(3))]);
      expect(await test.store.lastSeq()).toBe(3);
    });
  });
}
