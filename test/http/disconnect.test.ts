import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const LIMIT_BYTES = 16 * 1024 * 1024;
const NDJSON_TYPE = 'application/x-ndjson';
/** Larger than the buffers of the kernel, so that the client is still sending when the response arrives. */
const BODY = Buffer.alloc(LIMIT_BYTES, ' ');
const TOO_LARGE = Buffer.alloc(LIMIT_BYTES + 1, ' ');

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const service = await Service.start({
  BODY_LIMIT_BYTES: String(LIMIT_BYTES),
  API_KEYS: `a:publish:${hashOf('publish')},b:read:${hashOf('read')}`,
});
/** Has room for one NDJSON upload. */
const busy = await Service.start({ QUEUE_CAPACITY_BYTES: '1000000' });

beforeAll(async () => {
  const line = `${JSON.stringify(anEvent())}\n`;
  RawConnection.open(busy.url).send(
    `POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: ${NDJSON_TYPE}\r\nContent-Length: 1000\r\n\r\n${line}`,
  );
  await until(async () => (await busy.stats()).received === 1, 'the first upload is in progress');
});

interface Rejected {
  readonly to: Service;
  readonly path?: string;
  readonly type?: string;
  readonly key?: string;
  readonly body?: Buffer;
}

const REJECTIONS: [status: number, request: Rejected][] = [
  [413, { to: service, key: 'publish', body: TOO_LARGE }],
  [401, { to: service }],
  [403, { to: service, key: 'read' }],
  [404, { to: service, key: 'publish', path: '/nothing' }],
  [415, { to: service, key: 'publish', type: 'text/plain' }],
  [503, { to: busy, type: NDJSON_TYPE }],
];

function headersOf({ type = 'application/json', key }: Rejected): Record<string, string> {
  return { 'content-type': type, ...(key && { authorization: `Bearer ${key}` }) };
}

/** Sends a request, reads nothing until all is written, and returns the response. */
async function writeThenRead(request: Rejected, rest = ''): Promise<string> {
  const { to, path = '/publish', body = BODY } = request;
  const { hostname, port } = new URL(to.url);
  const socket = connect(Number(port), hostname).pause();
  const headers = Object.entries({ ...headersOf(request), 'content-length': body.length });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).write(body, (error) => (error ? reject(error) : resolve()));
    socket.write(rest);
  });
  let text = '';
  for await (const part of socket) text += part;
  return text;
}

describe('a client that is still sending', () => {
  it.each(REJECTIONS)('receives its rejection with fetch: %d', async (status, request) => {
    const { to, path = '/publish', body = BODY } = request;
    for (let round = 0; round < 8; round++) {
      const response = await to.request(path, { method: 'POST', headers: headersOf(request), body });
      expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ status })]);
    }
  });

  it.each(REJECTIONS)('receives its rejection if it reads only afterwards: %d', async (status, request) => {
    for (let round = 0; round < 8; round++)
      expect(await writeThenRead(request)).toMatch(
        new RegExp(`^HTTP/1.1 ${status} .*"status":${status}`, 's'),
      );
  });

  it('has no further request on this connection processed', async () => {
    const next = JSON.stringify(anEvent());
    const request = `POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer publish\r\nContent-Length: ${next.length}\r\n\r\n${next}`;
    const text = await writeThenRead({ to: service }, request);
    expect(text).toMatch(/^HTTP\/1.1 401 /);
    expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
    const stats = await service.request('/stats', { headers: { authorization: 'Bearer read' } });
    expect(await stats.json()).toMatchObject({ received: 0 });
  });

  it('is disconnected if it does not stop, and takes no memory', async () => {
    const sentBytes = 8 * LIMIT_BYTES;
    const before = service.residentBytes();
    const connections = Array.from({ length: 8 }, () => {
      const connection = RawConnection.open(service.url).send(
        'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n',
      );
      const sendMore = () => connection.socket.write(BODY, (error) => error ?? sendMore());
      sendMore();
      return connection;
    });
    for (const connection of connections) {
      await connection.untilClosed();
      expect(connection.statuses).toEqual([401]);
    }
    expect(service.residentBytes() - before).toBeLessThan(sentBytes);
  });
});

describe('a client whose request is malformed or late', () => {
  /** Half of the time after which an idle connection is closed. */
  const LIMIT_MS = 30_000;

  it('is disconnected soon, also if it never closes the connection', async () => {
    const { hostname, port } = new URL(service.url);
    const openFiles = () => readdirSync(`/proc/${service.process.pid}/fd`).length;
    const before = openFiles();
    const requests = ['', 'nonsense\r\n\r\n', `GET / HTTP/1.1\r\na: ${'b'.repeat(100_000)}`, 'GET / HTTP'];
    const clients = Array.from({ length: 40 }, (_, index) => {
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      const client = { socket, text: '', ended: false };
      socket
        .on('data', (part) => (client.text += part.toString()))
        .on('end', () => (client.ended = true))
        .on('error', () => {})
        .write(requests[index % requests.length]!);
      return client;
    });
    await until(() => clients.every(({ ended }) => ended), 'every client has its response');
    const statuses = clients.map(({ text }) => text.slice(0, 12));
    expect(statuses.slice(0, 4)).toEqual(['HTTP/1.1 408', 'HTTP/1.1 400', 'HTTP/1.1 431', 'HTTP/1.1 408']);
    await until(() => openFiles() <= before, 'the service has closed every connection', LIMIT_MS);
    for (const { socket } of clients) socket.destroy();
  });
});
