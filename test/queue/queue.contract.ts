import { anEvent } from '../harness/an-event.js';
import { eventually } from '../harness/service.js';
import {
  type EventQueue,
  QueueDrainingError,
  QueueFullError,
  SubmissionTooLargeError,
} from '../../src/queue/event-queue.js';
import { Submission } from '../../src/queue/submission.js';
import type { NewEvent } from '../../src/event/event.js';

export interface QueueLimits {
  readonly capacity: number;
  readonly capacityBytes: number;
  readonly batchMaxEvents: number;
}

export function aSubmission(size = 1, { bytes = size, awaited = true } = {}): Submission {
  const event = { ...anEvent(), payload: '{}' } as NewEvent;
  return new Submission(
    Array.from({ length: size }, () => event),
    bytes,
    awaited,
  );
}

/** A handler that holds each batch until it is told how it ends. */
export class HeldBatches {
  readonly batches: (readonly Submission[])[] = [];
  private readonly ends: ((error?: Error) => void)[] = [];

  readonly handle = (batch: readonly Submission[]): Promise<void> =>
    new Promise((resolve, reject) => {
      this.batches.push(batch);
      this.ends.push((error) => {
        if (error) return reject(error);
        for (const submission of batch) submission.settle([]);
        resolve();
      });
    });

  async begun(count: number): Promise<void> {
    await eventually(() => this.batches.length === count);
  }

  end(error?: Error): void {
    this.ends.shift()!(error);
  }
}

/** What every queue between publishers and store promises, whatever it is made of. */
export function describeQueue(name: string, create: (limits: QueueLimits) => EventQueue): void {
  const limits = { capacity: 100, capacityBytes: 1_024, batchMaxEvents: 10 };

  describe(`${name}, as a queue`, () => {
    it('hands over what is offered, and counts it until it is settled', async () => {
      const queue = create(limits);
      const held = new HeldBatches();
      queue.consume(held.handle);
      const submission = aSubmission(3);
      await queue.offer(submission);
      expect(queue.depth).toBe(3);
      await held.begun(1);
      expect(held.batches[0]).toEqual([submission]);
      expect(queue.depth).toBe(3);
      held.end();
      await submission.verdicts;
      await eventually(() => queue.depth === 0);
    });

    it('gathers what comes while a batch is handled, up to the maximum, in order', async () => {
      const queue = create(limits);
      const held = new HeldBatches();
      queue.consume(held.handle);
      await queue.offer(aSubmission());
      await held.begun(1);
      const later = [4, 4, 4, 1].map((size) => aSubmission(size));
      for (const submission of later) await queue.offer(submission);
      held.end();
      await held.begun(2);
      held.end();
      await held.begun(3);
      held.end();
      expect(held.batches.slice(1)).toEqual([later.slice(0, 2), later.slice(2)]);
      await queue.drain();
    });

    it('hands over a submission larger than the maximum in one piece', async () => {
      const queue = create(limits);
      const held = new HeldBatches();
      queue.consume(held.handle);
      await queue.offer(aSubmission(50));
      await held.begun(1);
      expect(held.batches[0]![0]!.events).toHaveLength(50);
      held.end();
      await queue.drain();
    });

    it.each([
      ['events', aSubmission(40), aSubmission(61), aSubmission(60)],
      [
        'bytes',
        aSubmission(1, { bytes: 400 }),
        aSubmission(1, { bytes: 625 }),
        aSubmission(1, { bytes: 600 }),
      ],
    ])('takes no more %s than it may hold', async (_, first, tooMuch, fits) => {
      const queue = create(limits);
      const handled: Submission[] = [];
      let open!: () => void;
      const gate = new Promise<void>((resolve) => (open = resolve));
      queue.consume(async (batch) => {
        await gate;
        for (const submission of batch) submission.settle([]);
        handled.push(...batch);
      });
      await queue.offer(first);
      const depth = queue.depth;
      const refusal = await queue.offer(tooMuch).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(QueueFullError);
      expect((refusal as QueueFullError).retryAfterSeconds).toBeGreaterThanOrEqual(1);
      expect(queue.depth).toBe(depth);
      await queue.offer(fits);
      open();
      await queue.drain();
      expect(handled).toEqual([first, fits]);
    });

    it('tells all who wait when the store fails, keeps the others in order, and goes on', async () => {
      const queue = create(limits);
      const held = new HeldBatches();
      queue.consume(held.handle);
      const awaited = [aSubmission(), aSubmission(10)];
      const kept = [aSubmission(2, { awaited: false }), aSubmission(2, { awaited: false })];
      for (const submission of [awaited[0]!, kept[0]!, awaited[1]!, kept[1]!]) await queue.offer(submission);
      await held.begun(1);
      held.end(new Error('store'));
      for (const submission of awaited) await expect(submission.verdicts).rejects.toThrow('store');
      expect(queue.depth).toBe(4);
      await held.begun(2);
      expect(held.batches[1]).toEqual(kept);
      held.end(new Error('still'));
      await held.begun(3);
      expect(held.batches[2]).toEqual(kept);
      held.end();
      await eventually(() => queue.depth === 0);

      const next = aSubmission();
      await queue.offer(next);
      await held.begun(4);
      held.end();
      await next.verdicts;
    });

    it('does not hand over again what was settled before the store failed', async () => {
      const queue = create(limits);
      const handled: Submission[] = [];
      let failed = false;
      queue.consume(async (batch) => {
        for (const submission of batch) {
          if (handled.length === 1 && !failed) {
            failed = true;
            throw new Error('store');
          }
          handled.push(submission);
          submission.settle([]);
        }
      });
      const submissions = [1, 2, 3].map(() => aSubmission(1, { awaited: false }));
      for (const submission of submissions) await queue.offer(submission);
      await queue.drain();
      expect(handled).toEqual(submissions);
    });

    it('drains: takes nothing more, and resolves when all that was taken is settled', async () => {
      const queue = create(limits);
      const held = new HeldBatches();
      queue.consume(held.handle);
      await queue.offer(aSubmission());
      await held.begun(1);
      let drained = false;
      const draining = queue.drain().then(() => (drained = true));
      expect(queue.draining).toBe(true);
      await expect(queue.offer(aSubmission())).rejects.toBeInstanceOf(QueueDrainingError);
      expect(drained).toBe(false);
      held.end();
      await draining;
      expect(queue.depth).toBe(0);
    });

    it('refuses for good what it could not hold even if it were empty', async () => {
      const queue = create(limits);
      queue.consume(new HeldBatches().handle);
      for (const tooLarge of [aSubmission(101), aSubmission(1, { bytes: 1_025 })]) {
        await expect(queue.offer(tooLarge)).rejects.toBeInstanceOf(SubmissionTooLargeError);
      }
      expect(queue.depth).toBe(0);
    });

    it('takes nothing that nobody would consume', async () => {
      await expect(create(limits).offer(aSubmission())).rejects.toThrow('Nobody');
    });

    it('can be drained by two at once', async () => {
      const queue = create(limits);
      const held = new HeldBatches();
      queue.consume(held.handle);
      await queue.offer(aSubmission());
      const drains = Promise.all([queue.drain(), queue.drain()]);
      await held.begun(1);
      held.end();
      await drains;
    });

    it('drains at once when it is empty', async () => {
      const queue = create(limits);
      queue.consume(new HeldBatches().handle);
      await queue.drain();
    });
  });
}
