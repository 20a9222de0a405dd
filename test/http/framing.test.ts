import type { EventDto } from '../../src/event/event.dto.js';
import { anEvent, events } from '../harness/an-event.js';
import { CheckedRequests, publishRequest, serialize } from '../harness/checked-requests.js';
import { RawConnection } from '../harness/raw.js';
import { until } from '../harness/until.js';

const requests = await CheckedRequests.start();
afterEach(() => requests.expectCounters());

describe('a body', () => {
  it.each([
    ['two Content-Length headers', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'Content-Length and chunks',
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['an invalid Content-Length', 'Content-Length: -2\r\n\r\n{}'],
    ['a Content-Length that overflows', `Content-Length: ${'9'.repeat(30)}\r\n\r\n{}`],
    ['a transfer encoding that does not end in chunked', 'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'Content-Length:\r\n 2\r\n\r\n{}'],
  ])(
    'framed by %s gets 400 and closes the connection, so that no request can be smuggled',
    async (_, rest) => {
      const connection = RawConnection.open(requests.service.url);
      connection.send(`POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${rest}`);
      await connection.untilClosed();
      expect(connection.statuses).toEqual([400]);
    },
  );
});

describe('a request head', () => {
  it('of 1500 headers, less than 16 KiB, is accepted', async () => {
    const headers = Array.from({ length: 1_500 }, () => ['a', 'b'] as const);
    expect(await requests.publish(JSON.stringify(anEvent()), headers)).toBe(200);
  });

  it.each([
    ['10000 headers', 'a: b\r\n'.repeat(10_000)],
    ['an unterminated value', `a: ${'b'.repeat(100_000)}`],
    ['an unterminated line', 'b'.repeat(100_000)],
  ])('with %s gets 431 before it is complete', async (_, flood) => {
    const connection = RawConnection.open(requests.service.url).send(
      `GET /stats HTTP/1.1\r\nHost: a\r\n${flood}`,
    );
    await connection.untilClosed();
    expect(connection.statuses).toEqual([431]);
  });
});

describe('pipelined requests', () => {
  const asText = (event: EventDto) => serialize(publishRequest(JSON.stringify(event)));

  it('get their responses in order, with 500 in flight', async () => {
    const sent = events(500, { topic: 'pipelined' });
    const connection = RawConnection.open(requests.service.url);
    connection.send(Buffer.concat(sent.map(asText)));
    await until(() => connection.statuses.length === sent.length, 'every request has a response');
    connection.close();
    requests.accepted += sent.length;
    const ids = [...connection.received.matchAll(/"event_id":"([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(sent.map(({ event_id }) => event_id));
  });

  it('never get 400 instead of 200 when bytes that are not HTTP follow', async () => {
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      const connection = RawConnection.open(requests.service.url);
      connection.send(Buffer.concat([asText(anEvent({ topic: 'before' })), Buffer.from('}\r\n\r\n')]));
      await connection.untilClosed();
      expect(connection.statuses[0] ?? 200).toBe(200);
    }
    // A request without a response may have been stored or not.
    await until(async () => (await requests.service.stats()).queue_depth === 0, 'the queue is empty');
    const stored = (await requests.service.everything()).filter(({ topic }) => topic === 'before').length;
    expect(stored).toBeLessThanOrEqual(rounds);
    requests.accepted += stored;
  });
});
