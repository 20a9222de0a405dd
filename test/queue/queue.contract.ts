import { newEvents } from '../harness/new-event.js';
import { until } from '../harness/until.js';
import {
  type Delivery,
  type EventQueue,
  QueueDrainingError,
  QueueFullError,
  type Receipt,
  SubmissionTooLargeError,
} from '../../src/queue/event-queue.js';
import type { NewEvent } from '../../src/event/event.js';
import type { Verdict } from '../../src/event/verdict.js';

export interface QueueLimits {
  readonly capacity: number;
  readonly capacityBytes: number;
  readonly batchMaxEvents: number;
}

export const STORE_FAILURE = new Error('The store fails.');

/** Creates empty queues for one test after the other. */
export interface QueueHarness {
  /**
   * Opens a queue. The first of a test is empty. With a broker, others of the same test are those of other processes.
   * Without one, they have submissions of their own.
   */
  open(limits: QueueLimits): Promise<EventQueue>;
  /** Deletes the submissions of the test. */
  clear(): Promise<void>;
}

/** Offers submissions to a queue under short names. Its consumer holds each batch until `end` is called. */
export class QueueUnderTest {
  /** The names of the submissions in each batch delivered so far. */
  readonly batches: string[][] = [];
  /** The names of the submissions settled so far. */
  readonly settled: string[] = [];
  private readonly held: { batch: readonly Delivery[]; end: (error?: Error) => void }[] = [];

  constructor(readonly queue: EventQueue) {}

  /** Offers `size` events whose topic is the name of the submission. */
  offer(name: string, size = 1, { bytes = size, wait = true } = {}): Promise<Receipt> {
    return this.queue.offer(newEvents(size, { topic: name }), { bytes, wait });
  }

  consume(): void {
    this.queue.consume(
      (batch) =>
        new Promise((resolve, reject) => {
          this.batches.push(batch.map(nameOf));
          this.held.push({ batch, end: (error) => (error ? reject(error) : resolve()) });
        }),
    );
  }

  async delivered(batches: number): Promise<void> {
    await until(() => this.batches.length >= batches, `${batches} batches are delivered`);
    expect(this.batches).toHaveLength(batches);
  }

  /** Settles the oldest batch in flight. With an error, fails it instead. */
  end(error?: Error): void {
    const { batch, end } = this.held.shift()!;
    for (const delivery of error ? [] : batch) {
      delivery.settle(verdictsOf(delivery.events));
      this.settled.push(nameOf(delivery));
    }
    end(error);
  }

  /** Ends every batch in flight. */
  endAll(error?: Error): void {
    while (this.held.length > 0) this.end(error);
  }

  async empty(): Promise<void> {
    await until(async () => (await this.depth()) === 0, 'the queue is empty');
  }

  /** Settles every batch until the queue is empty, and drains it. */
  async finish(): Promise<void> {
    await until(async () => {
      this.endAll();
      return (await this.depth()) === 0;
    }, 'every submission is settled');
    await this.queue.drain();
  }

  /** Returns the number of events in the queue, those in a broker included. */
  async depth(): Promise<number> {
    const { depth, broker } = await this.queue.load();
    return depth + (broker?.depth ?? 0);
  }
}

const nameOf = ({ events }: Delivery) => events[0]!.topic;

/** Returns verdicts whose seq is the index of the event in its submission. */
export function verdictsOf(events: readonly NewEvent[]): Verdict[] {
  return events.map((_, seq) => ({ outcome: 'stored', seq }));
}

async function verdicts(receipt: Receipt): Promise<readonly Verdict[]> {
  if (receipt === 'queued') throw new Error('The receipt carries no verdicts.');
  return receipt.verdicts;
}

/** Checks what every implementation of `EventQueue` promises. */
export function describeQueue(name: string, harness: QueueHarness): void {
  const limits = { capacity: 100, capacityBytes: 10_240, batchMaxEvents: 10 };
  const start = async () => {
    const test = new QueueUnderTest(await harness.open(limits));
    test.consume();
    return test;
  };

  describe(name, () => {
    afterEach(() => harness.clear());

    describe('offer', () => {
      it('returns the verdicts of the events, in their order, once they are settled', async () => {
        const test = await start();
        const receipt = await test.offer('a', 3);
        await test.delivered(1);
        test.end();
        expect(await verdicts(receipt)).toEqual([0, 1, 2].map((seq) => ({ outcome: 'stored', seq })));
        await test.finish();
      });

      it('returns "queued" for a publisher that does not wait', async () => {
        const test = await start();
        expect(await test.offer('a', 1, { wait: false })).toBe('queued');
        await test.finish();
        expect(test.batches).toEqual([['a']]);
      });

      it.each([
        ['events', { size: 40 }, { size: 61 }, { size: 60 }],
        ['bytes', { bytes: 4_000 }, { bytes: 6_241 }, { bytes: 6_240 }],
      ])(
        'rejects the whole submission if it exceeds the free capacity in %s',
        async (_, first, tooMuch, fits) => {
          const test = await start();
          const offer = (label: string, { size = 1, bytes = size }: { size?: number; bytes?: number }) =>
            test.offer(label, size, { bytes });
          await offer('first', first);
          const depth = await test.depth();
          await expect(offer('too much', tooMuch)).rejects.toBeInstanceOf(QueueFullError);
          expect(await test.depth()).toBe(depth);
          await offer('fits', fits);
          await test.finish();
          expect(test.batches.flat()).toEqual(['first', 'fits']);
        },
      );

      it('accepts a submission again after another is settled', async () => {
        const test = await start();
        await test.offer('first', 100);
        await expect(test.offer('second')).rejects.toBeInstanceOf(QueueFullError);
        await test.delivered(1);
        test.end();
        await test.empty();
        await test.offer('second', 100);
        await test.finish();
      });

      it('rejects a submission larger than the whole capacity with SubmissionTooLargeError', async () => {
        const test = await start();
        for (const [size, bytes] of [
          [101, 101],
          [1, 10_241],
        ] as const) {
          await expect(test.offer('a', size, { bytes })).rejects.toBeInstanceOf(SubmissionTooLargeError);
        }
        expect(await test.depth()).toBe(0);
        await test.finish();
      });

      it('rejects every submission while it has no consumer', async () => {
        const test = new QueueUnderTest(await harness.open(limits));
        await expect(test.offer('a')).rejects.toThrow('no consumer');
        await test.queue.drain();
      });
    });

    describe('consume', () => {
      it('delivers immediately while the queue is idle', async () => {
        const test = await start();
        await test.offer('a');
        await test.delivered(1);
        await test.finish();
      });

      it('gathers arrivals while a batch is in flight, up to the maximum, in order', async () => {
        const test = await start();
        await test.offer('first');
        await test.delivered(1);
        for (const [later, size] of Object.entries({ a: 4, b: 4, c: 4, d: 2 })) await test.offer(later, size);
        await test.finish();
        expect(test.batches).toEqual([['first'], ['a', 'b'], ['c', 'd']]);
      });

      it('delivers a submission larger than a batch in one piece', async () => {
        const test = await start();
        await test.offer('large', 50);
        await test.finish();
        expect(test.batches).toEqual([['large']]);
      });

      it('rejects one submission without an effect on the others of its batch', async () => {
        const queue = await harness.open(limits);
        queue.consume(async (batch) => {
          for (const delivery of batch) {
            if (nameOf(delivery) === 'bad') delivery.reject(new Error('unstorable'));
            else delivery.settle(verdictsOf(delivery.events));
          }
        });
        const test = new QueueUnderTest(queue);
        const [good, bad] = await Promise.all([test.offer('good'), test.offer('bad')]);
        await expect(verdicts(bad)).rejects.toThrow('unstorable');
        expect(await verdicts(good)).toHaveLength(1);
        await queue.drain();
      });
    });

    describe('a failing batch', () => {
      it('rejects the verdicts of all waiting publishers, and redelivers the other submissions', async () => {
        const test = await start();
        await test.offer('first');
        await test.delivered(1);
        const kept = ['kept 1', 'kept 2'];
        for (const label of kept) await test.offer(label, 2, { wait: false });
        const waiting = [await test.offer('waits 1'), await test.offer('waits 2', 10)];
        test.end(STORE_FAILURE);
        for (const receipt of waiting) await expect(verdicts(receipt)).rejects.toBe(STORE_FAILURE);
        expect(await test.depth()).toBe(4);
        const deliveries = (label: string) => test.batches.flat().filter((each) => each === label).length;
        await until(() => {
          test.endAll(STORE_FAILURE);
          return kept.every((label) => deliveries(label) >= 3);
        }, 'both are redelivered after each failure');
        expect(await test.depth()).toBe(4);
        await test.finish();
        expect(test.settled.toSorted()).toEqual(kept);
      });

      it('does not keep the queue from delivering later submissions', async () => {
        const test = await start();
        const failing = await test.offer('fails');
        await test.delivered(1);
        test.end(STORE_FAILURE);
        await expect(verdicts(failing)).rejects.toBe(STORE_FAILURE);
        const receipt = await test.offer('next');
        await test.delivered(2);
        test.end();
        expect(await verdicts(receipt)).toHaveLength(1);
        await test.finish();
      });

      it('does not redeliver submissions settled before the failure', async () => {
        const queue = await harness.open(limits);
        const settled: string[] = [];
        let failed = false;
        queue.consume(async (batch) => {
          for (const delivery of batch) {
            if (settled.length === 1 && !failed) {
              failed = true;
              throw STORE_FAILURE;
            }
            settled.push(nameOf(delivery));
            delivery.settle(verdictsOf(delivery.events));
          }
        });
        const test = new QueueUnderTest(queue);
        for (const submission of ['a', 'b', 'c']) await test.offer(submission, 1, { wait: false });
        await test.empty();
        await queue.drain();
        expect(settled.toSorted()).toEqual(['a', 'b', 'c']);
      });

      it('is redelivered while the queue drains, by this process or another', async () => {
        const test = await start();
        await test.offer('kept', 1, { wait: false });
        await test.delivered(1);
        const drained = test.queue.drain();
        test.end(STORE_FAILURE);
        const other = await start();
        const both = [test, other];
        await until(() => test.batches.length + other.batches.length === 2, 'the submission is redelivered');
        expect(both.flatMap(({ batches }) => batches)).toEqual([['kept'], ['kept']]);
        for (const queue of both) queue.endAll();
        await drained;
        await other.finish();
      });
    });

    describe('load', () => {
      it('reports accepted events until they are settled', async () => {
        const test = await start();
        expect(await test.queue.load()).toMatchObject({ depth: 0, capacity: 100, draining: false });
        await test.offer('a', 3);
        expect(await test.depth()).toBe(3);
        await test.delivered(1);
        expect(await test.depth()).toBe(3);
        test.end();
        await test.empty();
        await test.finish();
      });
    });

    describe('drain', () => {
      it('rejects new submissions, and resolves when every accepted one is settled', async () => {
        const test = await start();
        await test.offer('a');
        await test.delivered(1);
        let drained = false;
        const draining = test.queue.drain().then(() => (drained = true));
        expect((await test.queue.load()).draining).toBe(true);
        await expect(test.offer('b')).rejects.toBeInstanceOf(QueueDrainingError);
        expect(drained).toBe(false);
        test.end();
        await draining;
        expect(await test.depth()).toBe(0);
      });

      it('resolves immediately if the queue is empty, and may be called repeatedly', async () => {
        const test = await start();
        await Promise.all([test.queue.drain(), test.queue.drain()]);
        await test.queue.drain();
      });
    });
  });
}
