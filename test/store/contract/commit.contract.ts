import { aNewEvent, newEvents, submissionOf } from '../../harness/new-event.js';
import { StoreUnavailableError, UnstorableEventError } from '../../../src/store/store-errors.js';
import type { NewEvent } from '../../../src/event/event.js';
import { EVERYTHING, snapshot, type StoreHarness, useStore } from './harness.js';

export function describeCommit(harness: StoreHarness): void {
  describe('commit', () => {
    const test = useStore(harness);

    it('assigns seqs from 1 in the order of the batch', async () => {
      const { verdicts, stored, lastSeq } = await test.store.commit([submissionOf(...newEvents(3))]);
      expect(verdicts).toEqual([1, 2, 3].map((seq) => ({ outcome: 'stored', seq })));
      expect({ stored, lastSeq }).toEqual({ stored: 3, lastSeq: 3 });
    });

    it('returns the verdicts of several submissions in one list', async () => {
      const [first, second] = [aNewEvent(), aNewEvent()];
      const batch = [submissionOf(first), submissionOf(second, first), submissionOf(first)];
      const { verdicts, stored } = await test.store.commit(batch);
      expect(verdicts.map(({ outcome, seq }) => `${outcome} ${seq}`)).toEqual([
        'stored 1',
        'stored 2',
        'duplicate 1',
        'duplicate 1',
      ]);
      expect(stored).toBe(2);
    });

    it('reports duplicates and conflicts with the seq of the original, within a batch and across batches', async () => {
      const event = aNewEvent();
      const repeats = [event, { ...event, payload: '{"a":2}' }];
      await test.store.commit([submissionOf(aNewEvent())]);
      expect((await test.store.commit([submissionOf(event, ...repeats)])).verdicts).toEqual([
        { outcome: 'stored', seq: 2 },
        { outcome: 'duplicate', seq: 2 },
        { outcome: 'conflict', seq: 2 },
      ]);
      expect((await test.store.commit([submissionOf(...repeats)])).verdicts).toEqual([
        { outcome: 'duplicate', seq: 2 },
        { outcome: 'conflict', seq: 2 },
      ]);
    });

    it('keeps the first payload, source and timestamp of a key', async () => {
      const event = aNewEvent();
      await test.store.commit([submissionOf(event)]);
      const original = await test.store.get(event);
      const later = { ...event, payload: '{"a":2}', source: 'other', timestamp: '2027-01-01T00:00:00Z' };
      await test.store.commit([submissionOf(later)]);
      expect(await test.store.get(event)).toEqual(original);
    });

    it('compares payloads as JSON values, regardless of the order of keys', async () => {
      const event = aNewEvent({ payload: '{"a":1,"b":[{"c":null,"d":"x"}]}' });
      const variants = [
        '{"b":[{"d":"x","c":null}],"a":1}',
        '{"a":1,"b":[{"c":null,"d":"y"}]}',
        '{"a":1}',
        '{"a":"1","b":[{"c":null,"d":"x"}]}',
      ].map((payload) => ({ ...event, payload }));
      const { verdicts } = await test.store.commit([submissionOf(event, ...variants)]);
      const outcomes = verdicts.map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['stored', 'duplicate', 'conflict', 'conflict', 'conflict']);
    });

    it.each([
      ['a nested object in another order', '{"a":{"b":1,"c":[{}]},"d":2}', '{"d":2,"a":{"c":[{}],"b":1}}'],
      ['exact integers', '{"a":12345678901234567890,"b":1}', '{"b":1,"a":12345678901234567890}'],
      ['extreme exponents', '{"a":1e+1000,"b":-1.5e-1000}', '{"b":-1.5e-1000,"a":1e+1000}'],
      ['U+0000', '{"a":"\\u0000","\\u0000":1}', '{"\\u0000":1,"a":"\\u0000"}'],
      ['lone surrogates', '{"a":"\\ud800\\udbff","b":1}', '{"b":1,"a":"\\ud800\\udbff"}'],
      ['escapes', '{"a":"\\\\\\"\\n\\\\u0000","b":1}', '{"b":1,"a":"\\\\\\"\\n\\\\u0000"}'],
      ['private use', '{"a":"\ue000\ue0001","b":1}', '{"b":1,"a":"\ue000\ue0001"}'],
      ['names of prototypes', '{"__proto__":{"a":1},"b":1}', '{"b":1,"__proto__":{"a":1}}'],
      ['numeric names', '{"10":1,"9":2,"a":3}', '{"a":3,"9":2,"10":1}'],
    ])('reports a payload with %s as a duplicate', async (_, payload, repeated) => {
      const event = aNewEvent({ payload });
      const { verdicts } = await test.store.commit([submissionOf(event, { ...event, payload: repeated })]);
      expect(verdicts[1]!.outcome).toBe('duplicate');
    });

    it.each([
      ['integers that a double rounds', '{"a":12345678901234567890}', '{"a":12345678901234567891}'],
      ['exponents beyond a double', '{"a":1e+1000}', '{"a":2e+1000}'],
      ['decimals that a double rounds', '{"a":0.12345678901234567891}', '{"a":0.12345678901234567892}'],
      ['U+0000 and U+0001', '{"a":"\\u0000"}', '{"a":"\\u0001"}'],
      ['other lone surrogates', '{"a":"\\ud800"}', '{"a":"\\ud801"}'],
      ['U+0000 and its escape as text', '{"a":"\\u0000","b":"\\\\u0000"}', '{"a":"\\\\u0000","b":"\\u0000"}'],
      ['U+0000 and private use', '{"a":"\\u0000","b":"\ue00010000"}', '{"a":"\ue00010000","b":"\\u0000"}'],
      ['a member more', '{"a":[1,2,3]}', '{"a":1,"b":2}'],
      ['swapped values', '{"a":1,"b":2}', '{"b":1,"a":2}'],
      ['elements in another order', '{"a":[1,2]}', '{"a":[2,1]}'],
      ['text instead of a number', '{"a":"1"}', '{"a":111}'],
      ['upper case', '{"a":"x"}', '{"A":"x"}'],
    ])('reports a payload with %s as a conflict', async (_, payload, repeated) => {
      const event = aNewEvent({ payload });
      const { verdicts } = await test.store.commit([submissionOf(event, { ...event, payload: repeated })]);
      expect(verdicts[1]!.outcome).toBe('conflict');
    });

    it('leaves no gap in seq for duplicates and conflicts', async () => {
      const event = aNewEvent();
      await test.store.commit([submissionOf(event)]);
      for (const payload of [event.payload, '{"a":2}']) {
        const commit = await test.store.commit([submissionOf({ ...event, payload })]);
        expect(commit).toMatchObject({ stored: 0, lastSeq: 1 });
      }
      expect((await test.store.commit([submissionOf(aNewEvent())])).lastSeq).toBe(2);
    });

    it('accepts an empty batch', async () => {
      await test.store.commit([submissionOf(aNewEvent())]);
      expect(await test.store.commit([])).toMatchObject({ verdicts: [], stored: 0, lastSeq: 1 });
    });

    it('changes nothing if one event is unstorable, and leaves no gap in seq', async () => {
      await test.store.commit([submissionOf(aNewEvent())]);
      const before = await snapshot(test.store);
      const unstorable = { ...aNewEvent(), source: null } as unknown as NewEvent;
      const batch = [submissionOf(aNewEvent()), submissionOf(aNewEvent(), unstorable)];
      await expect(test.store.commit(batch)).rejects.toBeInstanceOf(UnstorableEventError);
      expect(await snapshot(test.store)).toEqual(before);
      expect((await test.store.commit([submissionOf(aNewEvent())])).lastSeq).toBe(2);
    });

    it('rejects with StoreUnavailableError while the store cannot write, changes nothing, and recovers', async () => {
      await test.store.commit([submissionOf(aNewEvent())]);
      const before = await snapshot(test.store);
      const event = aNewEvent();
      const repair = await test.fixture.makeUnavailable();
      await expect(test.store.commit([submissionOf(event)])).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(test.store.probe()).rejects.toBeInstanceOf(StoreUnavailableError);
      await repair();
      expect(await snapshot(test.store)).toEqual(before);
      await test.store.probe();
      expect((await test.store.commit([submissionOf(event)])).verdicts).toEqual([
        { outcome: 'stored', seq: 2 },
      ]);
    });

    it('stores each key once when commits run concurrently, with seqs in commit order and no gaps', async () => {
      const keys = newEvents(40);
      const commits = await Promise.all(
        Array.from({ length: 20 }, (_, start) =>
          test.store.commit([submissionOf(...keys.slice(start, start + 20))]),
        ),
      );
      const stored = commits.flatMap(({ verdicts }) =>
        verdicts.filter(({ outcome }) => outcome === 'stored'),
      );
      expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 39 }, (_, index) => index + 1));
      const { events } = await test.store.find({ ...EVERYTHING, order: 'asc' });
      expect(events.map(({ seq }) => seq)).toEqual(stored.map(({ seq }) => seq));
      expect((await test.store.counters()).received).toBe(400);
    });

    it('stamps processed_at with the time of the commit, which never decreases with seq', async () => {
      const times: string[] = [];
      for (let commit = 0; commit < 5; commit++) {
        const event = aNewEvent();
        const { processedAt } = await test.store.commit([submissionOf(event)]);
        expect((await test.store.get(event))!.json).toContain(`"processed_at":"${processedAt}"`);
        times.push(processedAt);
      }
      expect(times).toEqual(times.toSorted());
      expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it('returns names, timestamps and payload text byte-identical', async () => {
      const payloads = [
        '{}',
        '{"b":1,"a":2}',
        '{"nul":"\\u0000","surrogate":"\\ud800","emoji":"😀","quote":"\\"\\\\"}',
        '{"__proto__":{"constructor":1},"":[[],[null,true,1e+21,-1.5]]}',
      ];
      const odd = newEvents(payloads.length, {
        topic: `"wörter" '; DROP TABLE 😀 %_\\`,
        source: 'ﬀ\u00a0x',
        timestamp: '2026-01-31t12:00:00.123456789+01:30',
      }).map((event, index) => ({ ...event, payload: payloads[index]! }));
      await test.store.commit([submissionOf(...odd)]);
      for (const { payload, ...event } of odd) {
        const { json } = (await test.store.get(event))!;
        expect(json).toContain(`"payload":${payload},"processed_at"`);
        expect(JSON.parse(json)).toMatchObject({ ...event, payload: JSON.parse(payload) as object });
      }
    });
  });
}
