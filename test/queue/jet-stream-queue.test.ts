import { Logger } from '@nestjs/common';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstream } from '@nats-io/jetstream';
import { loadConfig } from '../../src/config.js';
import { type Delivery, QueueFullError } from '../../src/queue/event-queue.js';
import { JetStreamQueue } from '../../src/queue/jetstream/jet-stream-queue.js';
import { parseQueueUrl } from '../../src/queue/queue-url.js';
import { SubjectQueue } from '../../src/queue/subject-queue.js';
import { aStoreId, deleteStreams, HAS_NATS, NATS_URL, withNats } from '../harness/nats.js';
import { newEvents } from '../harness/new-event.js';
import { until } from '../harness/until.js';
import {
  describeQueue,
  type QueueHarness,
  type QueueLimits,
  QueueUnderTest,
  verdictsOf,
} from './queue.contract.js';

const ifNats = HAS_NATS ? describe : describe.skip;
if (!HAS_NATS) console.warn('NOT TESTED: the queue in JetStream. No server responds at TEST_NATS_URL.');

const LIMITS = { capacity: 100, capacityBytes: 1_000_000, batchMaxEvents: 10 };
const UNAWAITED = { bytes: 1, wait: false };

interface LogLine {
  readonly msg: string;
  readonly keys?: readonly unknown[];
}
const errors: LogLine[] = [];
Logger.overrideLogger({ log() {}, warn() {}, error: (line: LogLine) => errors.push(line) });

let storeId = aStoreId();

function open(
  { capacity, capacityBytes, batchMaxEvents }: QueueLimits,
  id = storeId,
): Promise<JetStreamQueue> {
  const environment = {
    QUEUE_CAPACITY: String(capacity),
    QUEUE_CAPACITY_BYTES: String(capacityBytes),
    BATCH_MAX_EVENTS: String(batchMaxEvents),
  };
  return JetStreamQueue.open(
    new SubjectQueue(loadConfig(environment)),
    { servers: parseQueueUrl(NATS_URL), capacity, capacityBytes, replicas: 1 },
    { id, keepIdsSince: () => {} },
  );
}

async function clear(): Promise<void> {
  await deleteStreams(storeId);
  storeId = aStoreId();
}

const harness: QueueHarness = { open: (limits) => open(limits), clear };

ifNats('with NATS', () => {
  describeQueue('JetStreamQueue', harness);

  describe('JetStreamQueue', () => {
    afterEach(clear);

    const queueStream = () => `events-${storeId}`;
    const deadStream = () => `${queueStream()}-dead`;
    const publish = (data: string | Uint8Array, events = 1) =>
      withNats(NATS_URL, (_, connection) =>
        jetstream(connection).publish(`${queueStream()}.${events}`, data),
      );
    const messageOf = (manager: JetStreamManager, stream: string, seq = 1) =>
      manager.streams.getMessage(stream, { seq }).then((message) => message!.data);
    const depthOf = async (queue: JetStreamQueue) => (await queue.load()).broker!.depth;

    it('delivers a submission that is in the stream twice under one id, and never twice in a batch', async () => {
      const queue = await open(LIMITS);
      await queue.offer(newEvents(2), UNAWAITED);
      await publish(await withNats(NATS_URL, (manager) => messageOf(manager, queueStream())), 2);
      const batches: (readonly Delivery[])[] = [];
      queue.consume(async (batch) => {
        batches.push(batch);
        for (const delivery of batch) delivery.settle(verdictsOf(delivery.events));
      });
      await until(async () => (await depthOf(queue)) === 0, 'both messages are acknowledged');
      const ids = batches.map((batch) => batch.map(({ id }) => `${id!.source} ${id!.number}`));
      for (const batch of ids) expect(new Set(batch).size).toBe(batch.length);
      expect(new Set(ids.flat()).size).toBe(1);
      await queue.drain();
    });

    it('rejects a submission if the stream has no room for its bytes, and accepts it after another is stored', async () => {
      const test = new QueueUnderTest(await open({ ...LIMITS, capacityBytes: 2_048 }));
      let accepted = 0;
      const offerAll = async () => {
        for (; ; accepted++) await test.offer(`s${accepted}`, 1, { wait: false });
      };
      await expect(offerAll()).rejects.toBeInstanceOf(QueueFullError);
      expect(accepted).toBeGreaterThan(0);
      expect(await test.depth()).toBe(accepted);
      // The memory of this process has room.
      test.consume();
      const receipt = await test.offer('waits', 1, { bytes: 1_000 });
      expect(receipt).not.toBe('queued');
      await test.finish();
      expect(test.settled).toHaveLength(accepted + 1);
    });

    it('rejects a submission if the stream has no room for its events, those of other replicas included', async () => {
      const [first, second] = [await open(LIMITS), await open(LIMITS)];
      await first.offer(newEvents(60), UNAWAITED);
      await until(async () => (await depthOf(second)) === 60, 'the other replica knows the depth');
      await expect(second.offer(newEvents(41), UNAWAITED)).rejects.toBeInstanceOf(QueueFullError);
      await second.offer(newEvents(40), UNAWAITED);
      await until(async () => (await depthOf(first)) === 100, 'both replicas know the depth');
      await expect(first.offer(newEvents(1), UNAWAITED)).rejects.toBeInstanceOf(QueueFullError);
      await Promise.all([first.drain(), second.drain()]);
    });

    it('has a stream that rejects messages beyond its number of events, even if no replica knows the depth', async () => {
      const queue = await open({ ...LIMITS, capacity: 3 });
      await withNats(NATS_URL, async (manager) => {
        const { config } = await manager.streams.info(queueStream());
        expect(config).toMatchObject({
          retention: 'workqueue',
          discard: 'new',
          storage: 'file',
          max_msgs: 3,
          max_bytes: LIMITS.capacityBytes,
          max_age: 0,
        });
      });
      for (let count = 0; count < 3; count++) await publish('{"v":2}', 0);
      await expect(queue.offer(newEvents(1), UNAWAITED)).rejects.toBeInstanceOf(QueueFullError);
      await queue.drain();
    });

    it('returns verdicts for a submission larger than a message', async () => {
      const test = new QueueUnderTest(await open({ ...LIMITS, capacityBytes: 10_000_000 }));
      test.consume();
      const payload = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
      const receipt = await test.queue.offer(newEvents(1, { payload }), {
        bytes: payload.length,
        wait: false,
      });
      expect(receipt).not.toBe('queued');
      expect((await test.queue.load()).broker!.depth).toBe(0);
      await test.finish();
      expect(test.settled).toHaveLength(1);
    });

    it('changes the limits of an existing stream', async () => {
      await (await open(LIMITS)).drain();
      const queue = await open({ ...LIMITS, capacity: 50 });
      await withNats(NATS_URL, async (manager) => {
        expect((await manager.streams.info(queueStream())).config.max_msgs).toBe(50);
      });
      await queue.drain();
    });

    it('sets a submission aside that the consumer rejects, with its keys in the log', async () => {
      const queue = await open(LIMITS);
      queue.consume(async (batch) => {
        for (const delivery of batch) {
          if (delivery.events[0]!.topic === 'bad') delivery.reject(new Error('unstorable'));
          else delivery.settle(verdictsOf(delivery.events));
        }
      });
      for (const topic of ['good', 'bad', 'good']) await queue.offer(newEvents(1, { topic }), UNAWAITED);
      await until(async () => (await depthOf(queue)) === 0, 'the queue is empty');
      await withNats(NATS_URL, async (manager) => {
        expect((await manager.streams.info(deadStream())).state.messages).toBe(1);
        const text = new TextDecoder().decode(await messageOf(manager, deadStream()));
        expect(JSON.parse(text)).toMatchObject({
          v: 1,
          values: ['bad', ...Array(4).fill(expect.any(String))],
        });
      });
      expect(errors).toContainEqual(
        expect.objectContaining({
          msg: 'message set aside',
          reason: 'unstorable',
          dead_seq: 1,
          keys: [{ topic: 'bad', event_id: expect.any(String) }],
        }),
      );
      await queue.drain();
    });

    it.each([
      ['no JSON', 'x'],
      ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
      ['no object', '[]'],
      [
        'no number',
        '{"v":1,"source":"00000000-0000-0000-0000-000000000000","values":["a","b","c","d","{}"]}',
      ],
      ['no UUID', '{"v":1,"source":"x","number":1,"values":["a","b","c","d","{}"]}'],
      [
        'an incomplete event',
        '{"v":1,"source":"00000000-0000-0000-0000-000000000000","number":1,"values":["a"]}',
      ],
      ['no event', '{"v":1,"source":"00000000-0000-0000-0000-000000000000","number":1,"values":[]}'],
    ])('sets a message aside that is malformed, without an effect on others: %s', async (_, data) => {
      const test = new QueueUnderTest(await open(LIMITS));
      await publish(data);
      await test.offer('good', 1, { wait: false });
      test.consume();
      await test.finish();
      expect(test.settled).toEqual(['good']);
      await withNats(NATS_URL, async (manager) => {
        expect((await manager.streams.info(deadStream())).state.messages).toBe(1);
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
        expect([...(await messageOf(manager, deadStream()))]).toEqual([...bytes]);
      });
    });

    it('leaves a message of a later release in the stream', async () => {
      const test = new QueueUnderTest(await open(LIMITS));
      await publish('{"v":2}');
      await test.offer('good', 1, { wait: false });
      test.consume();
      await until(() => {
        test.endAll();
        return test.settled.length > 0;
      }, 'the other message is settled');
      await test.queue.drain();
      expect(test.settled).toEqual(['good']);
      await withNats(NATS_URL, async (manager) => {
        expect((await manager.streams.info(queueStream())).state.messages).toBe(1);
        expect((await manager.streams.info(deadStream())).state.messages).toBe(0);
      });
    });

    it('keeps the submissions of two stores apart', async () => {
      const [one, other] = [storeId, aStoreId()];
      const tests = await Promise.all(
        [one, other].map(async (id) => new QueueUnderTest(await open(LIMITS, id))),
      );
      for (const [index, test] of tests.entries()) {
        test.consume();
        await test.offer(`store ${index}`, 2, { wait: false });
      }
      for (const test of tests) await test.finish();
      expect(tests.map(({ settled }) => settled)).toEqual([['store 0'], ['store 1']]);
    });

    it('creates its stream again after it was deleted', async () => {
      const test = new QueueUnderTest(await open(LIMITS));
      test.consume();
      await deleteStreams(storeId);
      await until(
        () =>
          test
            .offer('a', 1, { wait: false })
            .then(() => true)
            .catch(() => false),
        'the stream exists again',
      );
      await test.finish();
      expect(test.settled).toEqual(['a']);
    });
  });
});
