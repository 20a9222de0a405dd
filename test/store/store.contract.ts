import { anEvent } from '../harness/an-event.js';
import type { Store } from '../../src/store/store.js';
import type { NewEvent } from '../../src/event/event.js';

/** What every store promises; `open` opens the same one again after it was closed. */
export function describeStore(
  name: string,
  anyStore: () => { open: () => Promise<Store>; close: (store: Store) => Promise<void> },
): void {
  const checked = (overrides: Partial<NewEvent> = {}): NewEvent => ({
    ...anEvent(),
    payload: '{"a":1}',
    ...overrides,
  });
  const newest = { order: 'desc', limit: 1_000, maxBytes: 1_000_000 } as const;

  describe(`${name}, as a store`, () => {
    const { open, close } = anyStore();
    let store: Store;
    beforeAll(async () => (store = await open()));
    afterAll(() => close(store));

    it('gives new events their seq, from 1, in the order of the batch', async () => {
      const { verdicts, lastSeq } = await store.commit([checked(), checked(), checked()]);
      expect(verdicts).toEqual([1, 2, 3].map((seq) => ({ outcome: 'stored', seq })));
      expect(lastSeq).toBe(3);
    });

    it('tells duplicates and conflicts, inside one batch and across batches, and gives them no seq', async () => {
      const event = checked({ topic: 'dup' });
      const batch = [event, event, { ...event, payload: '{"a":2}' }];
      expect((await store.commit(batch)).verdicts).toEqual([
        { outcome: 'stored', seq: 4 },
        { outcome: 'duplicate', seq: 4 },
        { outcome: 'conflict', seq: 4 },
      ]);
      expect((await store.commit([...batch, checked()])).verdicts).toEqual([
        { outcome: 'duplicate', seq: 4 },
        { outcome: 'duplicate', seq: 4 },
        { outcome: 'conflict', seq: 4 },
        { outcome: 'stored', seq: 5 },
      ]);
    });

    it('compares payloads as JSON, not as text', async () => {
      const event = checked({ topic: 'json', payload: '{"a":1,"b":[{"c":null,"d":"x"}]}' });
      const { verdicts } = await store.commit([
        event,
        { ...event, payload: '{ "b": [{"d":"\\u0078","c":null}], "a": 1.0 }' },
        { ...event, payload: '{"a":1,"b":[{"c":null,"d":"y"}]}' },
        { ...event, payload: '{"a":1}' },
        { ...event, payload: '{"a":"1","b":[{"c":null,"d":"x"}]}' },
      ]);
      expect(verdicts.map(({ outcome }) => outcome)).toEqual([
        'stored',
        'duplicate',
        'conflict',
        'conflict',
        'conflict',
      ]);
    });

    it('counts each topic in the transaction of its events', async () => {
      const event = checked({ topic: 'counted' });
      const { counters } = await store.commit([
        event,
        event,
        { ...event, payload: '{}' },
        checked({ topic: 'other' }),
      ]);
      const counted = {
        topic: 'counted',
        received: 3,
        unique_processed: 1,
        duplicate_dropped: 2,
        conflicts: 1,
      };
      const other = { topic: 'other', received: 1, unique_processed: 1, duplicate_dropped: 0, conflicts: 0 };
      expect(counters).toEqual([counted, other]);
      await store.commit([event]);
      const all = await store.counters();
      expect(all).toContainEqual({ ...counted, received: 4, duplicate_dropped: 3 });
      expect(all).toContainEqual(other);
    });

    it('changes nothing when one event of a batch cannot be stored', async () => {
      const before = [await store.counters(), await store.find(newest)];
      const bad = { ...checked(), source: null } as unknown as NewEvent;
      await expect(store.commit([checked(), bad, checked()])).rejects.toThrow();
      expect([await store.counters(), await store.find(newest)]).toEqual(before);
    });

    it('finds by key and by filter, as JSON text of the event', async () => {
      const event = checked({ topic: 'found', source: 'finder', payload: '{"b":1,"a":2}' });
      const { lastSeq } = await store.commit([event]);
      const expected = {
        seq: lastSeq,
        topic: 'found',
        source: 'finder',
        json: expect.stringContaining('"payload":{"b":1,"a":2}'),
      };
      expect(await store.get('found', event.event_id)).toEqual(expected);
      expect(await store.get('found', 'another')).toBeNull();
      for (const filter of [{ topic: 'found' }, { source: 'finder' }, { after: lastSeq - 1 }]) {
        expect(await store.find({ ...newest, ...filter })).toEqual({ events: [expected], more: false });
      }
      expect(await store.find({ ...newest, topic: 'found', before: lastSeq })).toEqual({
        events: [],
        more: false,
      });
    });

    it('keeps everything when it is closed and opened again', async () => {
      const before = [await store.counters(), await store.find(newest)];
      await close(store);
      store = await open();
      expect([await store.counters(), await store.find(newest)]).toEqual(before);
      const { lastSeq } = await store.commit([]);
      expect((await store.commit([checked()])).lastSeq).toBe(lastSeq + 1);
    });

    it('can be probed without a trace', async () => {
      const before = await store.find(newest);
      await store.probe();
      expect(await store.find(newest)).toEqual(before);
    });
  });
}
