import { ReadQueue } from '../../src/store/read-queue.js';
import { StoreBusyError } from '../../src/store/store-errors.js';

/** A scan that ends on demand. */
function aScan(name: string, started: string[]) {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    run: () => {
      started.push(name);
      return ended;
    },
    end,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('ReadQueue', () => {
  it('runs four scans at a time, and the others in order', async () => {
    const queue = new ReadQueue();
    const started: string[] = [];
    const scans = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => aScan(name, started));
    const results = scans.map(({ run }) => queue.run(run));
    await settled();
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    scans[2]!.end();
    await settled();
    expect(started).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const { end } of scans) end();
    await Promise.all(results);
    expect(started).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('passes the place of a failed scan on', async () => {
    const queue = new ReadQueue();
    const failing = Array.from({ length: 5 }, () => queue.run(() => Promise.reject(new Error('disk'))));
    expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual(
      Array(5).fill('rejected'),
    );
    await expect(queue.run(async () => 'done')).resolves.toBe('done');
  });

  it('drops a waiting scan whose signal aborts', async () => {
    const queue = new ReadQueue();
    const started: string[] = [];
    const running = ['a', 'b', 'c', 'd'].map((name) => aScan(name, started));
    const results = running.map(({ run }) => queue.run(run));
    const client = new AbortController();
    const abandoned = queue.run(aScan('abandoned', started).run, { signal: client.signal });
    const last = aScan('last', started);
    results.push(queue.run(last.run));
    client.abort(new Error('gone'));
    await expect(abandoned).rejects.toThrow('gone');
    for (const { end } of [...running, last]) end();
    await Promise.all(results);
    expect(started).toEqual(['a', 'b', 'c', 'd', 'last']);
  });

  it('takes patient scans and others in turn', async () => {
    const queue = new ReadQueue();
    const started: string[] = [];
    const scans = ['a', 'b', 'c', 'd', 'page 1', 'page 2', 'stream 1', 'stream 2'].map((name) =>
      aScan(name, started),
    );
    const results = scans.map(({ run }, index) => queue.run(run, { patient: index >= 6 }));
    for (const { end } of scans) {
      end();
      await settled();
    }
    await Promise.all(results);
    expect(started.slice(4)).toEqual(['stream 1', 'page 1', 'stream 2', 'page 2']);
  });

  it('rejects a scan while 100 wait, unless it is patient', async () => {
    const queue = new ReadQueue();
    const scans = Array.from({ length: 104 }, () => aScan('', []));
    const results = scans.map(({ run }) => queue.run(run));
    await expect(queue.run(async () => {})).rejects.toThrow(StoreBusyError);
    const patient = queue.run(async () => 'patient', { patient: true });
    for (const { end } of scans) end();
    await Promise.all(results);
    await expect(patient).resolves.toBe('patient');
    await expect(queue.run(async () => 'done')).resolves.toBe('done');
  });
});
