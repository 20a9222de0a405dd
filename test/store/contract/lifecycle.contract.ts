import { aNewEvent, newEvents, submissionOf } from '../../harness/new-event.js';
import { StoreOpenError } from '../../../src/store/store-errors.js';
import { snapshot, type StoreHarness, useStore } from './harness.js';

export function describeLifecycle(harness: StoreHarness): void {
  describe('lifecycle', () => {
    const test = useStore(harness);

    it('keeps all events and counters across a restart, and continues with the next seq', async () => {
      const event = aNewEvent();
      await test.store.commit([submissionOf(event, event, { ...event, payload: '{}' }, ...newEvents(4))]);
      const before = await snapshot(test.store);
      await test.reopen();
      expect(await snapshot(test.store)).toEqual(before);
      const { verdicts } = await test.store.commit([submissionOf(event, aNewEvent())]);
      expect(verdicts).toEqual([
        { outcome: 'duplicate', seq: 1 },
        { outcome: 'stored', seq: 6 },
      ]);
    });

    it('finishes the commits in flight before it closes', async () => {
      const commits = Array.from({ length: 5 }, () => test.store.commit([submissionOf(aNewEvent())]));
      await test.reopen();
      expect((await Promise.all(commits)).map(({ lastSeq }) => lastSeq)).toEqual([1, 2, 3, 4, 5]);
      expect(await test.store.lastSeq()).toBe(5);
    });

    it('does not change the store in a probe', async () => {
      await test.store.commit([submissionOf(aNewEvent())]);
      const before = await snapshot(test.store);
      await test.store.probe();
      expect(await snapshot(test.store)).toEqual(before);
      expect((await test.store.commit([submissionOf(aNewEvent())])).lastSeq).toBe(2);
    });

    it('reports the space of its volume, if it has one on this machine', async () => {
      const space = await test.store.space();
      if (!space) return;
      expect(space.freeBytes).toBeGreaterThan(0);
      expect(space.totalBytes).toBeGreaterThan(space.freeBytes);
    });

    it('reports its checks under names of their own, all up, also after commits and a restart', async () => {
      const expectUp = async () => {
        const checks = await test.store.checks();
        expect(checks.filter(({ status }) => status !== 'up')).toEqual([]);
        expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
      };
      await expectUp();
      await test.store.commit([submissionOf(aNewEvent())]);
      await expectUp();
      await test.reopen();
      await expectUp();
    });

    it('allows one owner, or serialises the commits of several', async () => {
      const second = await test.fixture.open().catch((error: unknown) => error as Error);
      if (second instanceof Error) {
        expect(second).toBeInstanceOf(StoreOpenError);
        return;
      }
      const keys = newEvents(20);
      const commits = await Promise.all(
        [test.store, second, test.store, second].map((store) => store.commit([submissionOf(...keys)])),
      );
      expect(commits.map(({ stored }) => stored).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 20]);
      expect(await second.counters()).toMatchObject({ received: 80, unique_processed: 20 });
      await second.close();
    });
  });
}
