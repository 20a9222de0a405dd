import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { anEvent, events } from '../harness/an-event.js';
import { inParallel } from '../harness/in-parallel.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const MIB = 1024 * 1024;
const LIMIT_MIB = Number(/mem_limit: (\d+)m/.exec(readFileSync('docker-compose.yml', 'utf8'))![1]);

/** In a container of this size, Node limits its heap to half of it. Here it would take more and collect less often. */
const service = await Service.start({ NODE_OPTIONS: `--max-old-space-size=${LIMIT_MIB / 2}` });

/** The highest resident memory of the process since its start, in MiB. */
function peakMiB(): number {
  const status = readFileSync(`/proc/${service.process.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}

/** Sends a request whose response is not read. */
function unread(path: string, body?: string): RawConnection {
  const connection = RawConnection.open(service.url);
  connection.socket.pause();
  const head = body === undefined ? `GET ${path}` : `POST ${path}`;
  const headers =
    body === undefined
      ? ''
      : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return connection.send(`${head} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body ?? ''}`);
}

/** Resolves when the service has stopped working on the requests sent so far: it uses no memory more. */
async function calm(): Promise<void> {
  let last = 0;
  await until(async () => {
    await service.status('/health/ready');
    const isCalm = service.residentBytes() <= last;
    last = service.residentBytes();
    return isCalm;
  }, 'the memory grows no further');
}

const publishGzip = (text: string, type = 'application/json') =>
  service.publishText(gzipSync(text, { level: 1 }), { 'content-encoding': 'gzip', 'content-type': type });

const large = (text: string) => anEvent({ topic: 'large', payload: { text } });

describe('the memory limit of docker-compose.yml', () => {
  beforeAll(async () => {
    for (let count = 0; count < 7; count++) {
      const batch = Array.from({ length: 15 }, () => large('я'.repeat(MIB / 2 - 500)));
      expect((await service.publish(batch)).status).toBe(200);
    }
    for (let count = 0; count < 5; count++) {
      expect((await service.publish(events(1_500, { payload: { text: 'y'.repeat(8_000) } }))).status).toBe(
        200,
      );
    }
  });

  afterEach(async () => {
    expect(service.process.exitCode).toBeNull();
    expect(await service.status('/health/live')).toBe(200);
    expect(peakMiB()).toBeLessThan(LIMIT_MIB);
  });

  it.each([
    ['100 unread events of the maximum size', 100, '/events?topic=large&limit=1'],
    ['100 unread streams of all events', 100, '/events/stream?after=0'],
    ['100 unread exports', 100, '/events?order=asc HTTP/1.1\r\nAccept: application/x-ndjson\r\nX: '],
    ['60 unread pages', 60, '/events?limit=1000&topic=orders'],
  ])('is not reached by %s', async (_, count, path) => {
    const connections = Array.from({ length: count }, () => unread(path));
    await calm();
    for (const { socket } of connections) socket.destroy();
  });

  it('is not reached by 10 connections that pipeline 300 pages each', async () => {
    const get = 'GET /events?limit=1000&topic=orders HTTP/1.1\r\nHost: a\r\n\r\n';
    const connections = Array.from({ length: 10 }, () => {
      const connection = RawConnection.open(service.url);
      connection.socket.pause();
      return connection.send(get.repeat(300));
    });
    await calm();
    for (const { socket } of connections) socket.destroy();
  });

  it('is not reached by 60 full pages at once', async () => {
    const statuses = new Set<number>();
    await inParallel(Array(60).fill('/events?limit=1000&topic=orders'), 60, async (path) => {
      statuses.add(await service.status(path as string));
    });
    expect([...statuses].every((status) => status === 200 || status === 503)).toBe(true);
    expect(statuses.has(200)).toBe(true);
  });

  it('is not reached by bodies of many small values, at once', async () => {
    const many = (value: string) => {
      const payload = `{"a":[${Array(330_000).fill(value).join()}]}`;
      const text = () => JSON.stringify(anEvent({ payload: '@' })).replace('"@"', () => payload);
      return `[${Array.from({ length: 15 }, text).join()}]`;
    };
    const bodies = ['{}', '[]', '1', '""'].map(many);
    await inParallel(bodies, 4, async (body) => {
      expect([200, 503]).toContain((await publishGzip(body)).status);
    });
  });

  it('is not reached by repeats of large events in another order of their members', async () => {
    const values = Array(330_000).fill('{}').join();
    const batch = (payload: string) =>
      `[${Array.from({ length: 15 }, (_, n) =>
        JSON.stringify(anEvent({ topic: 'reordered', event_id: `${n}`, payload: '@' })).replace(
          '"@"',
          () => payload,
        ),
      ).join()}]`;
    expect((await publishGzip(batch(`{"x":1,"a":[${values}]}`))).status).toBe(200);
    const repeated = await publishGzip(batch(`{"a":[${values}],"x":1}`));
    expect(await repeated.json()).toMatchObject({ duplicates: 15 });
  });

  it('is not reached by 300 bodies of a few bytes that decode to 20 MiB each, at once', async () => {
    const bomb = brotliCompressSync(Buffer.alloc(20 * MIB, ' '));
    await inParallel(Array(300).fill(bomb), 300, async (body) => {
      const response = await service.publishText(body as Buffer, { 'content-encoding': 'br' });
      expect([413, 503]).toContain(response.status);
    });
  });

  it('is not reached by uploads of invalid lines', async () => {
    const uploads = [
      'x\n'.repeat(8 * MIB),
      '\n'.repeat(32 * MIB),
      `{"${'k'.repeat(MIB - 10)}":1}\n`.repeat(32),
    ];
    await inParallel([...uploads, ...uploads, ...uploads], 9, async (body) => {
      expect([400, 422]).toContain((await publishGzip(body, 'application/x-ndjson')).status);
    });
  });

  it('is not reached by 150 unread responses to large batches', async () => {
    const name = 'n'.repeat(200);
    const connections = [];
    for (let count = 0; count < 150; count++) {
      const batch = Array.from({ length: 10_000 }, (_, n) =>
        anEvent({ topic: name, event_id: `${name}${n}` }),
      );
      connections.push(unread('/publish', JSON.stringify(batch)));
      await service.stats();
    }
    await calm();
    for (const { socket } of connections) socket.destroy();
  });

  it('is not reached by lookups of many small values', async () => {
    const body = `{"keys":[${Array(650_000).fill('{}').join()}]}`;
    await inParallel(Array(8).fill(body), 8, async (text) => {
      const response = await service.request('/events/lookup', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text as string,
      });
      expect([413, 422, 503]).toContain(response.status);
    });
  });
});
