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

/** Offers submissions to a queue under short names. Its consumer holds each batch until `end` is called. */
export class QueueUnderTest {
  /** The names of the submissions in each batch delivered so far. */
  readonly batches: string[][] = [];
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
    if (!error) for (const delivery of batch) delivery.settle(verdictsOf(delivery.events));
    end(error);
  }

  async empty(): Promise<void> {
    await until(async () => (await this.queue.load()).depth === 0, 'the queue is empty');
  }

  /** Settles every batch until the queue is drained. */
  async finish(): Promise<void> {
    const drained = this.queue.drain();
    while ((await this.queue.load()).depth > 0) {
      if (this.held.length > 0) this.end();
      await new Promise(setImmediate);
    }
    await drained;
  }

  async depth(): Promise<number> {
    return (await this.queue.load()).depth;
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
export function describeQueue(name: string, create: (limits: QueueLimits) => EventQueue): void {
  const limits = { capacity: 100, capacityBytes: 1_024, batchMaxEvents: 10 };
  const start = () => {
    const test = new QueueUnderTest(create(limits));
    test.consume();
    return test;
  };

  describe(name, () => {
    describe('offer', () => {
      it('returns the verdicts of the events, in their order, once they are settled', async () => {
        const test = start();
        const receipt = await test.offer('a', 3);
        await test.delivered(1);
        test.end();
        expect(await verdicts(receipt)).toEqual([0, 1, 2].map((seq) => ({ outcome: 'stored', seq })));
        await test.finish();
      });

      it('returns "queued" for a publisher that does not wait', async () => {
        const test = start();
        expect(await test.offer('a', 1, { wait: false })).toBe('queued');
        await test.finish();
        expect(test.batches).toEqual([['a']]);
      });

      it.each([
        ['events', { size: 40 }, { size: 61 }, { size: 60 }],
        ['bytes', { bytes: 400 }, { bytes: 625 }, { bytes: 624 }],
      ])(
        'rejects the whole submission if it exceeds the free capacity in %s',
        async (_, first, tooMuch, fits) => {
          const test = start();
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
        const test = start();
        await test.offer('first', 100);
        await expect(test.offer('second')).rejects.toBeInstanceOf(QueueFullError);
        await test.delivered(1);
        test.end();
        await test.empty();
        await test.offer('second', 100);
        await test.finish();
      });

      it('rejects a submission larger than the whole capacity with SubmissionTooLargeError', async () => {
        const test = start();
        for (const [size, bytes] of [
          [101, 101],
          [1, 1_025],
        ] as const) {
          await expect(test.offer('a', size, { bytes })).rejects.toBeInstanceOf(SubmissionTooLargeError);
        }
        expect(await test.depth()).toBe(0);
        await test.finish();
      });

      it('rejects every submission while it has no consumer', async () => {
        await expect(new QueueUnderTest(create(limits)).offer('a')).rejects.toThrow('no consumer');
      });
    });

    describe('consume', () => {
      it('delivers immediately while the queue is idle', async () => {
        const test = start();
        await test.offer('a');
        await test.delivered(1);
        await test.finish();
      });

      it('gathers arrivals while a batch is in flight, up to the maximum, in order', async () => {
        const test = start();
        await test.offer('first');
        await test.delivered(1);
        for (const [later, size] of Object.entries({ a: 4, b: 4, c: 4, d: 2 })) await test.offer(later, size);
        await test.finish();
        expect(test.batches).toEqual([['first'], ['a', 'b'], ['c', 'd']]);
      });

      it('delivers a submission larger than a batch in one piece', async () => {
        const test = start();
        await test.offer('large', 50);
        await test.finish();
        expect(test.batches).toEqual([['large']]);
      });

      it('rejects one submission without an effect on the others of its batch', async () => {
        const queue = create(limits);
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
      it('rejects the verdicts of waiting publishers, and redelivers the other submissions in order', async () => {
        const test = start();
        const offers = await Promise.all([
          test.offer('waits 1'),
          test.offer('kept 1', 2, { wait: false }),
          test.offer('waits 2', 10),
          test.offer('kept 2', 2, { wait: false }),
        ]);
        await test.delivered(1);
        test.end(STORE_FAILURE);
        for (const index of [0, 2]) await expect(verdicts(offers[index]!)).rejects.toBe(STORE_FAILURE);
        expect(await test.depth()).toBe(4);
        await test.delivered(2);
        test.end(STORE_FAILURE);
        await test.delivered(3);
        expect(test.batches.slice(1)).toEqual([
          ['kept 1', 'kept 2'],
          ['kept 1', 'kept 2'],
        ]);
        test.end();
        await test.empty();
        const receipt = await test.offer('next');
        await test.delivered(4);
        test.end();
        expect(await verdicts(receipt)).toHaveLength(1);
        await test.finish();
      });

      it('does not redeliver submissions settled before the failure', async () => {
        const queue = create(limits);
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
        await queue.drain();
        expect(settled).toEqual(['a', 'b', 'c']);
      });

      it('is redelivered while the queue drains', async () => {
        const test = start();
        await test.offer('kept', 1, { wait: false });
        await test.delivered(1);
        const drained = test.queue.drain();
        test.end(STORE_FAILURE);
        await test.delivered(2);
        test.end();
        await drained;
      });
    });

    describe('load', () => {
      it('reports accepted events until they are settled', async () => {
        const test = start();
        expect(await test.queue.load()).toEqual({ depth: 0, capacity: 100, draining: false });
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
        const test = start();
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
        const test = start();
        await Promise.all([test.queue.drain(), test.queue.drain()]);
        await test.queue.drain();
      });
    });
  });
}
