import { Turns } from '../../src/http/turns.js';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';
import { anEvent, events } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const MIB = 1024 * 1024;

describe('a large body', () => {
  it('with one invalid event gets 422 that names it, and changes nothing', async () => {
    const service = await Service.start();
    const batch = events(5_000);
    batch[4_567] = anEvent({ topic: '' });
    const response = await service.publish(batch);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '/4567/topic' }] });
    expect(await service.stats()).toMatchObject({ received: 0, queue_depth: 0, topics: [] });
  });

  it('that is rejected or aborted releases its share of the budget for bodies', async () => {
    const service = await Service.start({
      QUEUE_CAPACITY_BYTES: String(2 * MIB),
      BODY_LIMIT_BYTES: String(2 * MIB),
    });
    const text = JSON.stringify(events(2, { payload: { text: 'x'.repeat(0.75 * MIB) } }));
    for (let time = 0; time < 3; time++) {
      expect((await service.publishText(text.slice(0, -1))).status).toBe(400);
      expect((await service.publishText(Buffer.from(text.replace('xxx', '\xff\xff'), 'latin1'))).status).toBe(
        400,
      );
      const half = RawConnection.open(service.url).send(head(text.length)).send(text.slice(0, -9));
      // This response proves that the service has read the earlier bytes.
      await service.stats();
      half.socket.destroy();
      await until(
        async () => (await service.publishText(' '.repeat(1.5 * MIB))).status === 400,
        'a body is read again',
      );
    }
    expect((await service.publishText(text)).status).toBe(200);
    expect(await service.stats()).toMatchObject({ received: 2, queue_depth: 0 });
  });

  it('is stored if its publisher disconnects after the last byte', async () => {
    const service = await Service.start();
    const text = JSON.stringify(events(3_000));
    const connection = RawConnection.open(service.url);
    connection.socket.write(head(text.length) + text, () => connection.socket.destroySoon());
    await until(async () => (await service.stats()).received === 3_000, '3000 events are stored');
    expect(await service.everything()).toHaveLength(3_000);
  });

  it('among many gets its results in request order, and does not block single events', async () => {
    const service = await Service.start();
    const batches = Array.from({ length: 20 }, (_, batch) => events(3_000, { topic: `batch-${batch}` }));
    const [answers, single] = await Promise.all([
      Promise.all(
        batches.map(async (batch) => (await service.publish(batch)).json() as Promise<PublishedBatch>),
      ),
      service.publish(anEvent()),
    ]);
    expect(single.status).toBe(200);
    for (const [index, { stored, results }] of answers.entries()) {
      expect(stored).toBe(3_000);
      expect(results!.map(({ event_id }) => event_id)).toEqual(
        batches[index]!.map(({ event_id }) => event_id),
      );
    }
    expect(await service.stats()).toMatchObject({
      received: 60_001,
      unique_processed: 60_001,
      duplicate_dropped: 0,
      queue_depth: 0,
    });
  });

  it('is not kept in memory until its response is read', async () => {
    // A parsed body takes 80 MB, many times the size of its text. Ten of them exceed this heap.
    const service = await Service.start({ NODE_OPTIONS: '--max-old-space-size=500' });
    const name = 'x'.repeat(240);
    const payload = { values: Array.from({ length: 200 }, () => []) };
    const unread: RawConnection[] = [];
    while (unread.length < 10) {
      // With long names, the response exceeds the buffers of the socket.
      const batch = events(10_000, { topic: name, payload }).map((event) => ({
        ...event,
        event_id: name + event.event_id,
      }));
      const text = JSON.stringify(batch);
      const connection = RawConnection.open(service.url);
      connection.socket.pause();
      unread.push(connection.send(head(text.length) + text));
      await until(
        async () => (await service.stats()).received === unread.length * 10_000,
        'every unread event is stored',
      );
    }
    expect((await service.request('/health/live')).status).toBe(200);
    for (const { socket } of unread) socket.destroy();
  });
});

describe('Turns', () => {
  it('runs short tasks at once until they have used much of an iteration', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const short = async (name: string) => void order.push(name);
    void turns.runSoon(() => short('first'));
    void turns.runSoon(async () => {
      order.push('slow');
      const started = performance.now();
      while (performance.now() - started < 50);
    });
    void turns.runSoon(() => short('deferred'));
    expect(order).toEqual(['first', 'slow']);
    for (let iteration = 0; iteration < 3; iteration++) await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['first', 'slow', 'deferred']);
    void turns.runSoon(() => short('later'));
    expect(order.at(-1)).toBe('later');
  });

  it('runs one step per iteration, resumed work before queued tasks, each in order', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const twoTurns = async (name: string) => {
      order.push(`${name} begins`);
      await turns.yield();
      order.push(`${name} ends`);
    };
    void turns.run(() => twoTurns('first'));
    void turns.run(async () => void order.push('second'));
    void twoTurns('third');
    let iterations = 0;
    for (; order.length < 5; iterations++) await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['third begins', 'third ends', 'first begins', 'first ends', 'second']);
    expect(iterations).toBeGreaterThanOrEqual(4);
  });
});

function head(length: number): string {
  return `POST /publish HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
}
