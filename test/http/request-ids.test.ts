import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { linesOf } from '../log/log.js';

const service = await Service.start();

const call = (path: string, id?: string) =>
  service.request(path, { headers: id === undefined ? {} : { 'x-request-id': id } });

describe('the id of a request', () => {
  it.each(['a', '7f9c-42/x:y', '~'.repeat(128)])('is that of its header: %s', async (id) => {
    expect((await call('/health/live', id)).headers.get('x-request-id')).toBe(id);
  });

  it.each(['', 'a b', 'x'.repeat(129), 'ü'])('is a new one instead of "%s"', async (id) => {
    const created = (await call('/health/live', id)).headers.get('x-request-id');
    expect(created).toMatch(/^[\w-]{8}-\d+$/);
  });

  it('is unique if it is a new one', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await call('/health/live')).headers.get('x-request-id')),
    );
    expect(new Set(ids).size).toBe(20);
  });

  it.each(['/events?limit=0', '/nowhere', '/events/orders/never', '/events?%'])(
    'is in the header and the problem of %s',
    async (path) => {
      const response = await call(path, 'mine');
      expect(response.headers.get('x-request-id')).toBe('mine');
      expect(await response.json()).toMatchObject({ request_id: 'mine' });
    },
  );

  it('is in the response to a request that is not HTTP', async () => {
    const connection = RawConnection.open(service.url).send('nonsense\r\n\r\n');
    await connection.untilClosed();
    const [, header] = /x-request-id: (\S+)\r\n/i.exec(connection.received)!;
    expect(connection.received).toContain(`"request_id":"${header}"`);
  });

  it.each([
    ['is not HTTP', 'nonsense\r\n\r\n', 400],
    ['has too many headers', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['has an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n', 417],
  ])('is in the log if the request %s', async (_, text, status) => {
    const other = await Service.start();
    const received = await RawConnection.open(other.url).send(text).untilClosed();
    await other.end('SIGTERM');
    const [line, ...rest] = linesOf(other, 'requests rejected');
    expect(line).toMatchObject({ status, count: 1, address: '127.0.0.1' });
    expect(received).toContain(`"request_id":"${String(line!['request_id'])}"`);
    expect(rest).toEqual([]);
  });

  it('is in the line about the request in the log', async () => {
    const other = await Service.start();
    const response = await other.publish({ ...anEvent(), topic: '' }, { 'x-request-id': 'traced' });
    expect(response.status).toBe(422);
    await other.end('SIGTERM');
    expect(linesOf(other, 'requests rejected')).toMatchObject([{ request_id: 'traced' }]);
  });
});
