import { setImmediate as nextIteration } from 'node:timers/promises';
import { SharedReads } from '../../src/stream/shared-reads.js';
import { createDatabase, dropDatabase, HAS_POSTGRES } from '../harness/postgres.js';
import { events } from '../harness/an-event.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from './stream-client.js';

/** Records the reads that were begun. Each is resolved by the test. */
class Reads {
  readonly shared = new SharedReads<string>();
  readonly begun: { readonly signal: AbortSignal; readonly resolve: (result: string) => void }[] = [];

  join(key: string, client = new AbortController()): Promise<string> {
    return this.shared.join(
      key,
      client.signal,
      (signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          this.begun.push({ signal, resolve });
        }),
    );
  }
}

describe('a shared read', () => {
  it('serves all that join while it is in flight, and no later ones', async () => {
    const reads = new Reads();
    const results = Promise.all([reads.join('1'), reads.join('1'), reads.join('2')]);
    expect(reads.begun.length).toBe(2);
    reads.begun[0]!.resolve('first');
    reads.begun[1]!.resolve('second');
    expect(await results).toEqual(['first', 'first', 'second']);
    void reads.join('1');
    expect(reads.begun.length).toBe(3);
  });

  it('is aborted when all that joined have left, and a later one begins another', async () => {
    const reads = new Reads();
    const [first, second] = [new AbortController(), new AbortController()];
    const results = [reads.join('1', first), reads.join('1', second)];
    first.abort();
    await nextIteration();
    expect(reads.begun[0]!.signal.aborted).toBe(false);
    second.abort();
    expect(reads.begun[0]!.signal.aborted).toBe(true);
    const later = reads.join('1');
    expect(await Promise.allSettled(results)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    reads.begun[1]!.resolve('later');
    expect(await later).toBe('later');
  });
});

const withPostgres = HAS_POSTGRES ? it : it.skip;
if (!HAS_POSTGRES) console.warn('NOT TESTED: streams of replicas. No server responds at TEST_POSTGRES_URL.');

describe('200 streams of a replica', () => {
  withPostgres('have each event that another replica commits once, in order', async () => {
    const DATABASE_URL = await createDatabase();
    releaseAtEnd(() => dropDatabase(DATABASE_URL));
    const [publishing, streaming] = [
      await Service.start({ DATABASE_URL }),
      await Service.start({ DATABASE_URL }),
    ];
    const queries = ['', '?topic=orders', '?topic=orders.*', '?source=checkout'];
    const streams = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        StreamClient.open(streaming, queries[index % queries.length]),
      ),
    );
    for (let batch = 0; batch < 20; batch++)
      await publishing.publish([...events(5), ...events(5, { topic: 'orders.eu' })]);
    const all = Array.from({ length: 200 }, (_, index) => index + 1);
    const inOrders = all.filter((seq) => (seq - 1) % 10 < 5);
    const expected = [all, inOrders, all.filter((seq) => !inOrders.includes(seq)), all];
    for (const [index, stream] of streams.entries()) {
      const ids = expected[index % queries.length]!;
      await until(() => stream.ids.length >= ids.length, 'the stream has every event');
      expect(stream.ids).toEqual(ids);
      stream.close();
    }
  });
});
