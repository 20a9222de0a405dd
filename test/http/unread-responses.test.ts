import { once } from 'node:events';
import { anEvent, events } from '../harness/an-event.js';
import type { Problem } from '../docs/document.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const MIB = 1024 * 1024;
/** An upload in progress holds the reservation for its response. */
const UPLOAD_BYTES = 64 * 1024;
const UPLOADS = 16;
const CAPACITY_BYTES = UPLOADS * UPLOAD_BYTES;
/** Larger than the capacity: has room only if nothing else is reserved. */
const LARGE = '/events/sizes/large';
const MEDIUM = '/events/sizes/medium';
const PAGE = '/events?topic=page&limit=1000';

const SENDING_FULL = {
  type: 'urn:problem:sending-full',
  title: 'Too many unread responses',
  status: 503,
  detail:
    'Responses that clients have not read yet fill the memory reserved for them. The request had no effect; try again.',
  request_id: expect.any(String) as string,
};

const service = await Service.start({
  RESPONSE_CAPACITY_BYTES: `${CAPACITY_BYTES}`,
  EVENT_LIMIT_BYTES: `${2 * MIB}`,
});

beforeAll(async () => {
  for (const [event_id, bytes] of Object.entries({ large: MIB, medium: 32 * 1024 })) {
    const event = anEvent({ topic: 'sizes', event_id, payload: { text: 'x'.repeat(bytes) } });
    expect((await service.publish(event)).status).toBe(200);
  }
  for (let index = 0; index < 10; index++) {
    const batch = events(100, { topic: 'page', payload: { text: 'x'.repeat(8 * 1024) } });
    expect((await service.publish(batch)).status).toBe(200);
  }
});

const connections: RawConnection[] = [];

function open(text: string): RawConnection {
  const connection = RawConnection.open(service.url).send(text);
  connections.push(connection);
  return connection;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Pipelines a request several times on a connection that reads nothing. */
function stall(path: string, times: number): RawConnection {
  const connection = open(get(path).repeat(times));
  connection.socket.pause();
  return connection;
}

const UPLOAD =
  'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';

/**
 * Fills the budget by uploads in progress, whose responses have a reservation. A response that was just read may still
 * be reserved, so the budget counts as full after a row of rejections.
 */
async function fill(): Promise<void> {
  for (let rejected = 0; rejected < 5;) {
    if ((await service.status(MEDIUM)) === 503) {
      rejected++;
    } else {
      rejected = 0;
      open(UPLOAD);
    }
  }
}

/** Disconnects all clients. Resolves when nothing is reserved. */
async function leave(): Promise<void> {
  for (const connection of connections.splice(0)) connection.close();
  await until(async () => (await service.status(LARGE)) === 200, 'the budget is empty');
}

afterEach(leave);

async function problemOf(response: Response): Promise<Partial<Problem>> {
  expect(response.headers.get('retry-after')).toBe('1');
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return JSON.parse(await response.text()) as Problem;
}

describe('responses without room', () => {
  it('are 503, and are sent again when the clients that held the room have disconnected', async () => {
    await fill();
    for (const path of [MEDIUM, LARGE, PAGE]) {
      expect(await problemOf(await service.request(path))).toEqual({
        ...SENDING_FULL,
        instance: path.split('?')[0],
      });
    }
    const lines = await service.request(PAGE, { headers: { accept: 'application/x-ndjson' } });
    expect(await problemOf(lines)).toEqual({ ...SENDING_FULL, instance: '/events' });
    await leave();
    for (const path of [MEDIUM, LARGE, PAGE]) expect(await service.status(path)).toBe(200);
  });

  it('do not include small responses, health checks and HEAD', async () => {
    await fill();
    expect(await service.status('/events?topic=sizes&limit=1&after=9')).toBe(200);
    expect(await service.status('/health/ready')).toBe(200);
    expect((await service.request(LARGE, { method: 'HEAD' })).status).toBe(200);
  });

  it('do not include small responses that are pipelined', async () => {
    await fill();
    const connection = open(get('/health/live').repeat(100));
    await until(() => connection.statuses.length === 100, 'all are answered');
    expect(new Set(connection.statuses)).toEqual(new Set([200]));
  });
});

describe('clients that request 1 MiB again and again, and do not read', () => {
  it('get it when they read, or 503, and hold nothing afterwards', async () => {
    const clients = Array.from({ length: 5 }, () => stall(LARGE, 40));
    let requests = 40;
    // A response that the kernel has taken is no longer reserved. One more request for each look fills its buffers.
    await until(async () => {
      requests++;
      for (const client of clients) client.send(get(LARGE));
      return (await service.status(MEDIUM)) === 503;
    }, 'the budget is full');
    for (const client of clients) client.socket.resume();
    for (const client of clients) {
      await until(() => client.statuses.length === requests, 'all are answered');
    }
    expect(new Set(clients.flatMap((client) => client.statuses))).toEqual(new Set([200, 503]));
  });

  it('hold nothing after they disconnect, also before their responses are complete', async () => {
    for (let round = 0; round < 20; round++) {
      const clients = Array.from({ length: 5 }, () => stall(PAGE, 3));
      await once(clients[0]!.socket, 'connect');
      for (const client of clients) client.close();
    }
    await leave();
    for (let index = 0; index < 100; index++) stall(LARGE, 3);
  });

  it('are disconnected if they read slowly while others need the room', async () => {
    const client = stall(LARGE, 1);
    // Reads a little from time to time, so that the connection is never idle.
    const reading = setInterval(() => client.socket.read(1), 1_000);
    await until(async () => {
      client.send(get(LARGE));
      return (await service.status(MEDIUM)) === 503;
    }, 'the budget is full');
    await until(async () => (await service.status(MEDIUM)) === 200, 'the slow client has lost its room');
    clearInterval(reading);
    client.socket.resume();
    await client.untilClosed();
  });

  it('do not add to the memory', async () => {
    const read = async () => {
      for (let index = 0; index < 40; index++) await service.status(LARGE);
    };
    await Promise.all(Array.from({ length: 20 }, read));
    const before = service.residentBytes();
    for (let index = 0; index < 20; index++) stall(LARGE, 40);
    for (let index = 0; index < 20; index++) await service.status(MEDIUM);
    expect(service.residentBytes() - before).toBeLessThan((20 * 40 * MIB) / 4);
  });
});

describe('full pages, read by 60 clients at a time', () => {
  it('are sent in full, or rejected with 503', async () => {
    const { count } = await service.get<{ count: number }>(PAGE);
    const results = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const response = await service.request(PAGE);
        const body = (await response.json()) as { count?: number; type?: string };
        return [response.status, response.status === 200 ? body.count : body.type];
      }),
    );
    for (const [status, content] of results) {
      expect([status, content]).toEqual(status === 200 ? [200, count] : [503, SENDING_FULL.type]);
    }
    expect(results.filter(([status]) => status === 200).length).toBeGreaterThan(0);
  });
});

describe('a batch whose response has no room', () => {
  const batch = events(1_000, { topic: 'x'.repeat(255) });

  it('is rejected before it is stored', async () => {
    await fill();
    const before = await service.stats();
    expect(await problemOf(await service.publish(batch))).toEqual({ ...SENDING_FULL, instance: '/publish' });
    expect(await service.stats()).toMatchObject({ received: before.received, queue_depth: 0 });
    await leave();
    expect(await (await service.publish(batch)).json()).toMatchObject({ stored: 1_000 });
  });

  it('is stored with return=minimal or respond-async, and one event always is', async () => {
    await fill();
    const minimal = await service.publish(events(1_000), { prefer: 'return=minimal' });
    expect([minimal.status, await minimal.json()]).toEqual([200, expect.objectContaining({ stored: 1_000 })]);
    expect((await service.publish(events(1_000), { prefer: 'respond-async' })).status).toBe(202);
    expect((await service.publish(anEvent({ event_id: '漢'.repeat(255) }))).status).toBe(200);
  });
});

describe('an NDJSON upload', () => {
  it('is rejected before a line is stored if its response has no room', async () => {
    await fill();
    const before = await service.stats();
    const text = `${JSON.stringify(anEvent())}\n`;
    const response = await service.publishText(text, { 'content-type': 'application/x-ndjson' });
    expect(await problemOf(response)).toEqual({ ...SENDING_FULL, instance: '/publish' });
    expect((await service.stats()).received).toBe(before.received);
  });
});
