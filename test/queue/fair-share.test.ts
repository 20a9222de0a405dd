import { newEvents } from '../harness/new-event.js';
import { loadConfig } from '../../src/config.js';
import { QueueFullError } from '../../src/queue/event-queue.js';
import { FairShare } from '../../src/queue/fair-share.js';
import { SubjectQueue } from '../../src/queue/subject-queue.js';

/** Returns a queue for 10 events whose consumer never settles a submission. */
function fullQueue(): SubjectQueue {
  const queue = new SubjectQueue(loadConfig({ QUEUE_CAPACITY: '10' }));
  queue.consume(() => new Promise(() => {}));
  return queue;
}

const offer = (queue: SubjectQueue, publisher: string | undefined, count: number) =>
  queue.offer(newEvents(count), { bytes: 1, wait: false, publisher });

describe('a publisher', () => {
  it('may fill the queue if no other publisher needs it', async () => {
    const queue = fullQueue();
    for (let count = 0; count < 10; count++) await offer(queue, 'a', 1);
    await expect(offer(queue, 'a', 1)).rejects.toThrow('The queue holds 10 of 10 events');
  });

  it('has half of the queue at most while another one has events in it', async () => {
    const queue = fullQueue();
    await offer(queue, 'b', 1);
    for (let count = 0; count < 5; count++) await offer(queue, 'a', 1);
    const beyond = offer(queue, 'a', 1);
    await expect(beyond).rejects.toThrow(QueueFullError);
    await expect(beyond).rejects.toThrow('The API key a already holds half of the queue');
    await offer(queue, 'b', 4);
  });

  it('may submit more than half of the queue at once', async () => {
    const queue = fullQueue();
    await offer(queue, 'b', 1);
    await offer(queue, 'a', 9);
  });

  it('without a name is not limited', async () => {
    const queue = fullQueue();
    await offer(queue, 'b', 1);
    for (let count = 0; count < 9; count++) await offer(queue, undefined, 1);
  });
});

describe('FairShare', () => {
  it('keeps room for a publisher that was rejected, for 5 s', () => {
    let now = 0;
    const shares = new FairShare(10, 1000, () => now);
    const submission = { publisher: 'a', events: Array.from({ length: 6 }), bytes: 10 };
    shares.add(submission);
    expect(shares.hasRoom('a', 1, 1)).toBe(true);
    shares.recordRejection('a');
    expect(shares.hasRoom('a', 1, 1)).toBe(true);
    shares.recordRejection('b');
    expect(shares.hasRoom('a', 1, 1)).toBe(false);
    now = 5_001;
    expect(shares.hasRoom('a', 1, 1)).toBe(true);
  });

  it('counts bytes, and what was settled no longer', () => {
    const shares = new FairShare(1000, 10);
    const a = { publisher: 'a', events: [1], bytes: 5 };
    shares.add(a);
    shares.add({ publisher: 'b', events: [1], bytes: 1 });
    expect(shares.hasRoom('a', 1, 1)).toBe(false);
    expect(shares.hasRoom('b', 1, 4)).toBe(true);
    shares.remove(a);
    expect(shares.hasRoom('a', 1, 9)).toBe(true);
  });
});
