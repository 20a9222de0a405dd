import { gzipSync } from 'node:zlib';
import { anEvent } from '../harness/an-event.js';
import { CheckedRequests } from '../harness/checked-requests.js';
import { RawConnection } from '../harness/raw.js';
import { until } from '../harness/until.js';

const LIMIT_BYTES = 200_000;
const requests = await CheckedRequests.start(LIMIT_BYTES);
afterEach(() => requests.expectCounters());

describe('a body', () => {
  const ofSize = (bytes: number) => {
    const event = JSON.stringify(anEvent({ payload: { text: '' } }));
    return event.replace('"text":"', `"text":"${'x'.repeat(bytes - event.length)}`);
  };

  it('of exactly BODY_LIMIT_BYTES is accepted, and one byte more gets 413', async () => {
    expect(await requests.publish(ofSize(LIMIT_BYTES))).toBe(200);
    expect(await requests.publish(ofSize(LIMIT_BYTES + 1))).toBe(413);
  });

  it('that decompresses far beyond the limit gets 413 without full decompression, also in 12 parallel requests', async () => {
    const bombBytes = 100_000_000;
    const bomb = gzipSync(Buffer.alloc(bombBytes, ' '));
    expect(await requests.publish(bomb, [['content-encoding', 'gzip']])).toBe(413);
    const before = requests.service.residentBytes();
    const statuses = Array.from({ length: 12 }, () => requests.publish(bomb, [['content-encoding', 'gzip']]));
    // The response is 503 while the other bodies in flight use up the budget.
    for (const status of await Promise.all(statuses)) expect([413, 503]).toContain(status);
    // Full decompression of all would take twelve times as much.
    expect(requests.service.residentBytes() - before).toBeLessThan(bombBytes);
  });
});

describe('300 incomplete requests', () => {
  const head = 'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const half = JSON.stringify(anEvent({ payload: { text: 'x'.repeat(9_000) } }));

  it('block no other request, count no event, and release the budget for bodies', async () => {
    const ends = [
      `${head}Content-Le`,
      `${head}Content-Length: ${half.length + 1}\r\n\r\n${half}`,
      `${head}Transfer-Encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}`,
    ];
    const connections = Array.from({ length: 300 }, (_, index) =>
      RawConnection.open(requests.service.url).send(ends[index % ends.length]!),
    );
    await until(() => connections.some(({ statuses }) => statuses.length > 0), 'a connection has a response');
    for (let count = 0; count < 100; count++) {
      expect([200, 503]).toContain(await requests.publish(JSON.stringify(anEvent())));
      expect((await requests.service.request('/health/live')).status).toBe(200);
    }
    // Bodies beyond the budget were rejected; none of the others was treated as complete.
    expect(new Set(connections.flatMap(({ statuses }) => statuses))).toEqual(new Set([503]));
    for (const connection of connections) connection.close();
    await until(
      async () => (await requests.publish(JSON.stringify(anEvent()))) === 200,
      'an event is accepted again',
    );
    expect(await requests.publish(JSON.stringify(anEvent({ payload: { text: 'x'.repeat(150_000) } })))).toBe(
      200,
    );
  });
});
