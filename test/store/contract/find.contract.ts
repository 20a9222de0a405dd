import { aNewEvent, newEvents, submissionOf } from '../../harness/new-event.js';
import type { NewEvent } from '../../../src/event/event.js';
import type { EventFilter } from '../../../src/store/event-filter.js';
import { EVERYTHING, type StoreHarness, useStore } from './harness.js';

export function describeFind(harness: StoreHarness): void {
  describe('find', () => {
    const test = useStore(harness);
    const commit = (...events: NewEvent[]) => test.store.commit([submissionOf(...events)]);
    const seqs = async (filter: Partial<EventFilter>) =>
      (await test.store.find({ ...EVERYTHING, ...filter })).events.map(({ seq }) => seq);

    it('returns an event as JSON text as soon as its commit has resolved', async () => {
      const event = aNewEvent({ topic: 'orders', source: 'checkout', payload: '{"b":1,"a":2}' });
      const { processedAt: processed_at } = await commit(event);
      const { events, more } = await test.store.find(EVERYTHING);
      expect(events.map(({ json, ...rest }) => ({ ...rest, ...(JSON.parse(json) as object) }))).toEqual([
        { ...event, seq: 1, payload: { a: 2, b: 1 }, processed_at },
      ]);
      expect(events[0]!.json).not.toContain('\n');
      expect(more).toBe(false);
    });

    it('orders by seq, newest first or oldest first', async () => {
      await commit(...newEvents(3));
      expect(await seqs({ order: 'desc' })).toEqual([3, 2, 1]);
      expect(await seqs({ order: 'asc' })).toEqual([1, 2, 3]);
    });

    it('selects by topic, pattern and source', async () => {
      await commit(
        aNewEvent({ topic: 'user.login', source: 'web' }),
        aNewEvent({ topic: 'user.login.failed', source: 'web' }),
        aNewEvent({ topic: 'user.*', source: 'app' }),
        aNewEvent({ topic: 'users', source: 'app' }),
      );
      const order = 'asc';
      expect(await seqs({ order, topic: 'user.login' })).toEqual([1]);
      expect(await seqs({ order, topic: 'user.*' })).toEqual([1, 3]);
      expect(await seqs({ order, topic: 'user.*', match: 'exact' })).toEqual([3]);
      expect(await seqs({ order, topic: 'user.>' })).toEqual([1, 2, 3]);
      expect(await seqs({ order, topic: '>' })).toEqual([1, 2, 3, 4]);
      expect(await seqs({ order, source: 'app' })).toEqual([3, 4]);
      expect(await seqs({ order, topic: 'user.>', source: 'web' })).toEqual([1, 2]);
      expect(await seqs({ order, topic: 'user' })).toEqual([]);
    });

    it('takes after and before as exclusive bounds', async () => {
      await commit(...newEvents(5));
      expect(await seqs({ after: 2 })).toEqual([5, 4, 3]);
      expect(await seqs({ before: 4 })).toEqual([3, 2, 1]);
      expect(await seqs({ after: 1, before: 4 })).toEqual([3, 2]);
      expect(await seqs({ after: 5 })).toEqual([]);
    });

    it('takes since as an inclusive and until as an exclusive bound of processed_at', async () => {
      const times: string[] = [];
      while (new Set(times).size < 3) times.push((await commit(aNewEvent())).processedAt);
      const [first, second, third] = [...new Set(times)] as [string, string, string];
      const at = (wanted: (time: string) => boolean) =>
        times.flatMap((time, index) => (wanted(time) ? [index + 1] : [])).toReversed();
      expect(await seqs({ since: second })).toEqual(at((time) => time >= second));
      expect(await seqs({ until: second })).toEqual(at((time) => time < second));
      expect(await seqs({ since: second, until: third })).toEqual(at((time) => time === second));
      expect(await seqs({ since: '9999-12-31T23:59:59.999Z' })).toEqual([]);
      expect(await seqs({ until: first })).toEqual([]);
    });

    it.each(['asc', 'desc'] as const)(
      'returns every selected event once, page by page, in %s order',
      async (order) => {
        await commit(...newEvents(7, { topic: 'wanted' }), ...newEvents(3, { topic: 'other' }));
        await commit(...newEvents(5, { topic: 'wanted' }));
        const walked: number[] = [];
        let cursor: Partial<EventFilter> = {};
        for (let more = true; more;) {
          const page = await test.store.find({ ...EVERYTHING, order, limit: 4, topic: 'wanted', ...cursor });
          walked.push(...page.events.map(({ seq }) => seq));
          more = page.more;
          cursor = order === 'asc' ? { after: walked.at(-1)! } : { before: walked.at(-1)! };
        }
        const expected = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
        expect(walked).toEqual(order === 'asc' ? expected : expected.toReversed());
      },
    );

    it('ends a page with the event that exceeds maxBytes, and reports more', async () => {
      await commit(...newEvents(3, { payload: `{"text":"${'x'.repeat(1_000)}"}` }));
      const page = (maxBytes: number) => test.store.find({ ...EVERYTHING, order: 'asc', maxBytes });
      expect(await page(1)).toMatchObject({ events: [{ seq: 1 }], more: true });
      expect(await page(1_500)).toMatchObject({ events: [{ seq: 1 }, { seq: 2 }], more: true });
      expect(await page(100_000)).toMatchObject({
        events: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
        more: false,
      });
    });

    describe.each([
      ['by seq', {}],
      ['by source', { source: 'app' }],
      ['by pattern', { topic: 'user.*' }],
    ])('%s with a signal', (_, selection) => {
      const filter = { ...EVERYTHING, ...selection };
      const found = async () => (await test.store.find(filter)).events.map(({ seq }) => seq);

      beforeEach(() => commit(...newEvents(3, { topic: 'user.login', source: 'app' })));

      it.each([false, true])(
        'rejects with its reason if it aborts during the call; patient: %p',
        async (patient) => {
          const client = new AbortController();
          const reads = Array.from({ length: 6 }, () =>
            test.store.find(filter, { signal: client.signal, patient }),
          );
          client.abort(new Error('gone'));
          expect(await Promise.allSettled(reads)).toEqual(
            reads.map(() => ({ status: 'rejected', reason: client.signal.reason as Error })),
          );
          expect(await found()).toEqual([3, 2, 1]);
        },
      );

      it('rejects with its reason if it has aborted before the call', async () => {
        const signal = AbortSignal.abort(new Error('gone'));
        await expect(test.store.find(filter, { signal })).rejects.toBe(signal.reason);
        expect(await found()).toEqual([3, 2, 1]);
      });

      it('returns its events if it does not abort', async () => {
        const { signal } = new AbortController();
        const { events } = await test.store.find(filter, { signal });
        expect(events.map(({ seq }) => seq)).toEqual([3, 2, 1]);
      });
    });
  });
}
