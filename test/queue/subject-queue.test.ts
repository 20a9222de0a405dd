import { aSubmission, describeQueue, HeldBatches, type QueueLimits } from './queue.contract.js';
import { eventually } from '../harness/service.js';
import { loadConfig } from '../../src/config.js';
import { SubjectQueue } from '../../src/queue/subject-queue.js';

const create = ({ capacity, capacityBytes, batchMaxEvents }: QueueLimits) =>
  new SubjectQueue(
    loadConfig({
      QUEUE_CAPACITY: String(capacity),
      QUEUE_CAPACITY_BYTES: String(capacityBytes),
      BATCH_MAX_EVENTS: String(batchMaxEvents),
    }),
  );

describeQueue('SubjectQueue', create);

describe('SubjectQueue, behind a batch that is being handled', () => {
  const limits = { capacity: 10_000, capacityBytes: 100_000, batchMaxEvents: 1_000 };

  async function beginning(size: number) {
    const queue = create(limits);
    const held = new HeldBatches();
    queue.consume(held.handle);
    await queue.offer(aSubmission(size));
    await held.begun(1);
    const offerSmall = async (count: number) => {
      for (let index = 0; index < count; index++) await queue.offer(aSubmission());
    };
    const finish = async () => {
      const draining = queue.drain();
      for (let ended = 0; queue.depth > 0; ended++) {
        await held.begun(Math.max(ended + 1, held.batches.length));
        held.end();
        await new Promise(setImmediate);
      }
      await draining;
    };
    return { queue, held, offerSmall, finish };
  }
  const sizes = (held: HeldBatches) => held.batches.map((batch) => batch.length);

  it('hands over small ones once there are many, up to three batches', async () => {
    const { held, offerSmall, finish } = await beginning(1);
    await offerSmall(31);
    expect(sizes(held)).toEqual([1]);
    await offerSmall(1);
    expect(sizes(held)).toEqual([1, 32]);
    await offerSmall(100);
    expect(sizes(held)).toEqual([1, 32, 32]);
    await finish();
    expect(sizes(held)).toEqual([1, 32, 32, 68]);
  });

  it('hands over large ones, together no more events than one commit takes', async () => {
    const { queue, held, finish } = await beginning(300);
    const large = [500, 100, 200].map((size) => aSubmission(size));
    for (const submission of large) await queue.offer(submission);
    expect(held.batches.slice(1)).toEqual([[large[0]]]);
    await finish();
    expect(held.batches.slice(2)).toEqual([large.slice(1)]);
  });

  it('lets no small ones pass a large one twice', async () => {
    const { queue, held, offerSmall, finish } = await beginning(200);
    const large = aSubmission(900);
    await queue.offer(large);
    await offerSmall(200);
    expect(sizes(held)).toEqual([1]);
    held.end();
    await held.begun(2);
    expect(sizes(held)).toEqual([1, 200]);
    await offerSmall(200);
    held.end();
    await held.begun(3);
    expect(held.batches[2]).toContain(large);
    await finish();
  });

  it('hands over nothing where there is no room', async () => {
    const { held, offerSmall, finish } = await beginning(1_000);
    await offerSmall(40);
    expect(sizes(held)).toEqual([1]);
    await finish();
    expect(sizes(held)).toEqual([1, 40]);
  });

  it('keeps the order of what nobody waits for, when all that is under way fails', async () => {
    const { queue, held, finish } = await beginning(400);
    const kept = [500, 100, 300].map((size) => aSubmission(size, { awaited: false }));
    for (const submission of kept) await queue.offer(submission);
    expect(held.batches.slice(1)).toEqual([[kept[0]]]);
    held.end();
    await eventually(() => queue.depth === 900);
    await queue.offer(aSubmission(100, { awaited: false }));
    await held.begun(3);
    expect(held.batches[2]!.slice(0, 2)).toEqual(kept.slice(1));
    held.end(new Error('store'));
    held.end(new Error('store'));
    await held.begun(4);
    expect(held.batches[3]!.slice(0, 3)).toEqual(kept);
    await finish();
  });
});
