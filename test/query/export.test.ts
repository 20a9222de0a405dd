import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { BYTES_PER_CHUNK, exportLines } from '../../src/query/export.js';
import { SendBudget } from '../../src/http/send-budget.js';
import type { EventFilter } from '../../src/store/event-filter.js';
import type { FoundEvents } from '../../src/store/store.js';
import { until } from '../harness/until.js';

const FILTER: EventFilter = { order: 'asc', limit: 100, maxBytes: 1 };
const CHUNKS = 5;

/** Returns a store of `CHUNKS` events, each as large as a chunk. */
function aStore() {
  const store = {
    reads: 0,
    async find({ after = 0 }: EventFilter): Promise<FoundEvents> {
      store.reads++;
      await setImmediate();
      const seq = after + 1;
      const json = JSON.stringify('x'.repeat(BYTES_PER_CHUNK));
      return { events: [{ seq, topic: 't', source: 's', json }], more: seq < CHUNKS };
    },
  };
  return store;
}

/** A client that takes a chunk when `take` is called. */
function aClient() {
  const taken: (() => void)[] = [];
  let bytes = 0;
  const writable = new Writable({
    highWaterMark: 16 * 1024,
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      taken.push(done);
    },
  });
  return {
    writable,
    get bytes() {
      return bytes;
    },
    get unread() {
      return taken.length;
    },
    take: () => taken.shift()!(),
  };
}

describe('an export', () => {
  it('reads and holds one chunk at a time, and releases the last one', async () => {
    const store = aStore();
    const budget = new SendBudget(10 * BYTES_PER_CHUNK);
    const client = aClient();
    const lines = exportLines(
      (filter) => store.find(filter),
      FILTER,
      budget,
      () => {},
    );
    lines.pipe(client.writable);
    for (let chunk = 1; chunk <= CHUNKS; chunk++) {
      await until(() => client.unread === 1, 'a chunk is sent');
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      expect([store.reads, client.unread]).toEqual([chunk, 1]);
      expect(budget.hasRoom(9 * BYTES_PER_CHUNK)).toBe(false);
      expect(budget.hasRoom(8 * BYTES_PER_CHUNK)).toBe(true);
      client.take();
    }
    await until(() => client.writable.writableFinished, 'the export ends');
    expect(client.bytes).toBe(CHUNKS * (BYTES_PER_CHUNK + 3));
    expect(budget.hasRoom(10 * BYTES_PER_CHUNK)).toBe(true);
  });

  it('waits for room without a chunk, and goes on when there is room', async () => {
    const store = aStore();
    const budget = new SendBudget(10 * BYTES_PER_CHUNK);
    budget.reserve(10 * BYTES_PER_CHUNK);
    const lines = exportLines(
      (filter) => store.find(filter),
      FILTER,
      budget,
      () => {},
    );
    const chunks = lines.toArray() as Promise<Buffer[]>;
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    expect(store.reads).toBe(0);
    budget.release(10 * BYTES_PER_CHUNK);
    expect(Buffer.concat(await chunks)).toHaveLength(CHUNKS * (BYTES_PER_CHUNK + 3));
    expect(store.reads).toBe(CHUNKS);
  });

  it.each([
    ['holds a chunk', 0],
    ['waits for room', 10 * BYTES_PER_CHUNK],
  ])('releases everything if the client leaves while it %s', async (_, usedBytes) => {
    const store = aStore();
    const budget = new SendBudget(10 * BYTES_PER_CHUNK);
    budget.reserve(usedBytes);
    const client = aClient();
    const lines = exportLines(
      (filter) => store.find(filter),
      FILTER,
      budget,
      () => {},
    );
    lines.pipe(client.writable);
    await until(() => client.unread === (usedBytes === 0 ? 1 : 0), 'it holds a chunk or waits');
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    lines.destroy();
    budget.release(usedBytes);
    await until(() => budget.reserve(10 * BYTES_PER_CHUNK), 'the budget is free');
    expect(store.reads).toBe(usedBytes === 0 ? 1 : 0);
  });

  it('breaks off if the store fails, and releases its reservation', async () => {
    const budget = new SendBudget(BYTES_PER_CHUNK);
    const lines = exportLines(
      () => Promise.reject(new Error('damaged')),
      FILTER,
      budget,
      () => {},
    );
    await expect(lines.toArray()).rejects.toThrow('damaged');
    expect(budget.reserve(BYTES_PER_CHUNK)).toBe(true);
  });
});
