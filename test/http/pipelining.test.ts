import { events } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { longestStall } from '../harness/stall.js';
import { until } from '../harness/until.js';

const PAGE = 'GET /events?limit=1000 HTTP/1.1\r\nHost: a\r\n\r\n';
const CONNECTIONS = 10;
const PAGES = 40;

const service = await Service.start();

/** Requests pages on one connection. Resolves when the client has read all of them. */
async function readPages(pageBytes: number): Promise<void> {
  const { socket } = RawConnection.open(service.url).send(PAGE.repeat(PAGES));
  socket.removeAllListeners('data');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await until(() => bytes >= PAGES * pageBytes, 'every page is read');
  socket.destroy();
}

describe('pipelined pages', () => {
  it('are handled in many turns of the event loop', async () => {
    expect((await service.publish(events(1_000, { payload: { text: 'x'.repeat(1_000) } }))).status).toBe(200);
    const pageBytes = (await (await service.request('/events?limit=1000')).text()).length;
    const started = performance.now();
    const stall = await longestStall(service, () =>
      Promise.all(Array.from({ length: CONNECTIONS }, () => readPages(pageBytes))),
    );
    expect(stall).toBeLessThan((performance.now() - started) / 4);
  });
});

describe('pipelined reads behind an open stream', () => {
  const STREAM = 'GET /events/stream HTTP/1.1\r\nHost: a\r\n\r\n';
  const READ = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

  it('wait, up to 1000, while the stream goes on', async () => {
    const connection = RawConnection.open(service.url).send(STREAM + READ.repeat(1_000));
    await until(() => connection.statuses.length === 1, 'the stream is open');
    await service.publish(events(1, { topic: 'after' }));
    await until(() => connection.received.includes('"topic":"after"'), 'the stream has the event');
    expect(connection.statuses).toEqual([200]);
    connection.close();
  });

  it('close the connection if there are more, and leave no trace', async () => {
    const connections = Array.from({ length: 25 }, () =>
      RawConnection.open(service.url).send(STREAM + READ.repeat(10_000)),
    );
    await Promise.all(connections.map((connection) => connection.untilClosed()));
    const connection = RawConnection.open(service.url).send(READ.repeat(1_000));
    await until(() => connection.statuses.length === 1_000, 'every read has a response');
    connection.close();
  });
});
