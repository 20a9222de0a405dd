import { newEvents } from '../harness/new-event.js';
import { until } from '../harness/until.js';
import { loadConfig } from '../../src/config.js';
import type { Delivery } from '../../src/queue/event-queue.js';
import { SubjectQueue } from '../../src/queue/subject-queue.js';
import { describeQueue, type QueueLimits, QueueUnderTest, STORE_FAILURE } from './queue.contract.js';

const create = ({ capacity, capacityBytes, batchMaxEvents }: QueueLimits) =>
  new SubjectQueue(
    loadConfig({
      QUEUE_CAPACITY: String(capacity),
      QUEUE_CAPACITY_BYTES: String(capacityBytes),
      BATCH_MAX_EVENTS: String(batchMaxEvents),
    }),
  );

describeQueue('SubjectQueue', { open: async (limits) => create(limits), clear: async () => {} });

describe('a submission in SubjectQueue', () => {
  it('has an id of its own in every delivery, unless its publisher waits', async () => {
    const queue = create({ capacity: 10, capacityBytes: 10_000, batchMaxEvents: 10 });
    const deliveries: (readonly Delivery[])[] = [];
    queue.consume(async (batch) => {
      deliveries.push(batch);
      if (deliveries.length === 1) throw STORE_FAILURE;
      for (const delivery of batch) delivery.settle([{ outcome: 'stored', seq: 1 }]);
    });
    for (const wait of [false, true, false]) await queue.offer(newEvents(1), { bytes: 1, wait });
    await queue.drain();
    const source = deliveries[1]![0]!.id!.source;
    expect(deliveries.map((batch) => batch.map(({ id }) => id))).toEqual([
      [undefined, { source, number: 1 }, { source, number: 2 }],
      [
        { source, number: 1 },
        { source, number: 2 },
      ],
    ]);
  });
});

describe('SubjectQueue with a batch in flight', () => {
  async function startWith(size: number): Promise<QueueUnderTest> {
    const test = new QueueUnderTest(
      create({ capacity: 10_000, capacityBytes: 100_000, batchMaxEvents: 1_000 }),
    );
    test.consume();
    await test.offer('first', size);
    await test.delivered(1);
    return test;
  }
  const offerSmall = async (test: QueueUnderTest, count: number) => {
    for (let index = 0; index < count; index++) await test.offer(`small ${index}`);
  };
  const inFlight = (test: QueueUnderTest) => test.batches.slice(1).flat();

  it('gathers a small backlog and pipelines a large one', async () => {
    const test = await startWith(1);
    await offerSmall(test, 5);
    expect(inFlight(test)).toEqual([]);
    await offerSmall(test, 200);
    expect(inFlight(test).length).toBeGreaterThan(0);
    await test.finish();
    expect(inFlight(test)).toHaveLength(205);
  });

  it('pipelines no more events than one batch may have', async () => {
    const test = await startWith(300);
    for (const [name, size] of Object.entries({ a: 500, b: 300, c: 100 })) await test.offer(name, size);
    expect(inFlight(test)).toEqual(['a']);
    await test.finish();
    expect(inFlight(test)).toEqual(['a', 'b', 'c']);
  });

  it('pipelines nothing while the batch in flight is full', async () => {
    const test = await startWith(1_000);
    await offerSmall(test, 200);
    expect(inFlight(test)).toEqual([]);
    await test.finish();
    expect(inFlight(test)).toHaveLength(200);
  });

  it('lets small submissions overtake a large one in one batch only', async () => {
    const test = await startWith(200);
    await test.offer('large', 900);
    await offerSmall(test, 200);
    expect(inFlight(test)).toEqual([]);
    test.end();
    await test.delivered(2);
    expect(inFlight(test)).toHaveLength(200);
    expect(inFlight(test)).not.toContain('large');
    await offerSmall(test, 200);
    test.end();
    await test.delivered(3);
    expect(test.batches[2]).toContain('large');
    await test.finish();
  });

  it('keeps the order of submissions without a waiting publisher when every batch in flight fails', async () => {
    const test = await startWith(400);
    const offer = (name: string, size: number) => test.offer(name, size, { wait: false });
    await offer('a', 500);
    await offer('b', 100);
    await offer('c', 300);
    expect(test.batches.slice(1)).toEqual([['a']]);
    test.end();
    await until(async () => (await test.depth()) === 900, 'the first batch is released');
    await offer('d', 100);
    await test.delivered(3);
    expect(inFlight(test)).toEqual(['a', 'b', 'c', 'd']);
    test.end(STORE_FAILURE);
    test.end(STORE_FAILURE);
    await test.delivered(4);
    expect(test.batches[3]).toEqual(['a', 'b', 'c', 'd']);
    await test.finish();
  });
});
