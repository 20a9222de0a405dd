import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';

const service = await Service.start({ CORS_ORIGINS: '*' });

/** Returns the responses to a text that ends the connection. */
async function responseTo(text: string): Promise<{ statuses: number[]; received: string }> {
  const connection = RawConnection.open(service.url).send(text);
  const received = await connection.untilClosed();
  return { statuses: connection.statuses, received };
}

describe('a request', () => {
  it.each([
    ['two Host headers', 'GET /stats HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', /more than one Host/],
    ['two equal Host headers', 'GET /stats HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n', /more than one Host/],
    [
      'two Host headers in HTTP/1.0',
      'GET /stats HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n',
      /more than one Host/,
    ],
    ['two Host headers in a preflight', 'OPTIONS / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', /more than one/],
    ['two Host headers at an unknown path', 'GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', /more than one/],
    ['no Host header', 'GET /stats HTTP/1.1\r\n\r\n', /no Host/],
    ['no version', 'GET /stats\r\n\r\n', /HTTP\/1\.1/],
    ['version 0.9', 'GET /stats HTTP/0.9\r\nHost: a\r\n\r\n', /HTTP\/1\.1/],
    ['version 2.0', 'GET /stats HTTP/2.0\r\nHost: a\r\n\r\n', /HTTP\/1\.1/],
  ])('with %s gets 400', async (_, text, detail) => {
    const { statuses, received } = await responseTo(text);
    expect(statuses).toEqual([400]);
    const [head, body] = received.split('\r\n\r\n');
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body!)).toMatchObject({ status: 400, detail: expect.stringMatching(detail) });
  });

  it.each([
    ['HTTP/1.1 with one Host header', 'GET /stats HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['HTTP/1.1 with an empty Host header', 'GET /stats HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
    ['HTTP/1.0 with a Host header', 'GET /stats HTTP/1.0\r\nHost: a\r\n\r\n'],
    ['HTTP/1.0 without a Host header', 'GET /stats HTTP/1.0\r\n\r\n'],
  ])('in %s is accepted', async (_, text) => {
    expect((await responseTo(text)).statuses).toEqual([200]);
  });
});
