import { createHash } from 'node:crypto';
import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

const LIMIT_BYTES = 100_000;

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const service = await Service.start({
  BODY_LIMIT_BYTES: String(LIMIT_BYTES),
  API_KEYS: `a:publish:${hashOf('publish')},b:read:${hashOf('read')}`,
});

const JSON_TYPE = 'Content-Type: application/json';
const NDJSON_TYPE = 'Content-Type: application/x-ndjson';

/** Sends the head of a request that expects 100 Continue. */
function expecting(target: string, key: string, ...headers: string[]): RawConnection {
  const head = [`${target} HTTP/1.1`, 'Host: a', 'Expect: 100-continue', ...headers];
  if (key) head.push(`Authorization: Bearer ${key}`);
  return RawConnection.open(service.url).send(`${head.join('\r\n')}\r\n\r\n`);
}

describe('a request with Expect: 100-continue', () => {
  it.each<[problem: string, status: number, request: Parameters<typeof expecting>]>([
    [
      'a body over BODY_LIMIT_BYTES',
      413,
      ['POST /publish', 'publish', JSON_TYPE, `Content-Length: ${LIMIT_BYTES + 1}`],
    ],
    [
      'a media type that is not supported',
      415,
      ['POST /publish', 'publish', 'Content-Type: text/plain', 'Content-Length: 9'],
    ],
    ['no media type', 415, ['POST /publish', 'publish', 'Content-Length: 9']],
    ['NDJSON for a lookup', 415, ['POST /events/lookup', 'read', NDJSON_TYPE, 'Content-Length: 9']],
    [
      'a charset that is not supported',
      415,
      ['POST /publish', 'publish', `${NDJSON_TYPE}; charset=latin1`, 'Content-Length: 9'],
    ],
    [
      'a content encoding that is not supported',
      415,
      ['POST /publish', 'publish', JSON_TYPE, 'Content-Encoding: lzma', 'Content-Length: 9'],
    ],
    ['an unknown path', 404, ['POST /nothing', 'publish', JSON_TYPE, 'Content-Length: 9']],
    ['a method that is not allowed', 405, ['PUT /publish', 'publish', JSON_TYPE, 'Content-Length: 9']],
    ['no API key', 401, ['POST /publish', '', JSON_TYPE, 'Content-Length: 9']],
    [
      'an API key without the scope',
      403,
      ['POST /publish', 'read', NDJSON_TYPE, 'Transfer-Encoding: chunked'],
    ],
  ])('and %s gets %d instead of 100', async (_, status, request) => {
    const connection = expecting(...request);
    const response = (await connection.response('POST'))!;
    expect(connection.statuses).toEqual([status]);
    expect(JSON.parse(response.body)).toMatchObject({ status });
    expect(response.head).toMatch(/^connection: close$/im);
    connection.close();
  });

  it.each([
    ['JSON', 'POST /publish', 'publish', JSON_TYPE, JSON.stringify(anEvent())],
    ['NDJSON', 'POST /publish', 'publish', NDJSON_TYPE, `${JSON.stringify(anEvent())}\n`],
    ['a lookup', 'POST /events/lookup', 'read', JSON_TYPE, '{"keys":[{"topic":"a","event_id":"b"}]}'],
  ])('and %s gets 100, and its response after the body', async (_, target, key, type, body) => {
    const connection = expecting(target, key, type, `Content-Length: ${body.length}`);
    await until(() => connection.received.endsWith('\r\n\r\n'), 'the client may send the body');
    expect(connection.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await connection.send(body).response('POST');
    expect(connection.statuses).toEqual([100, 200]);
    // The connection is still usable.
    connection.send('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => connection.statuses.length === 3, 'the next request has a response');
    expect(connection.statuses).toEqual([100, 200, 200]);
    connection.close();
  });

  it('gets 100 if the client sends the body at once', async () => {
    const body = JSON.stringify(anEvent());
    const connection = expecting('POST /publish', 'publish', JSON_TYPE, `Content-Length: ${body.length}`);
    const response = await connection.send(body).response('POST');
    expect(response).toMatchObject({ status: 200 });
    connection.close();
  });

  it('gets 503 instead of 100 while the service is stopping', async () => {
    const stopping = await Service.start();
    const lock = new Sqlite(stopping.database);
    lock.exec('BEGIN IMMEDIATE');
    expect((await stopping.publish(anEvent(), { prefer: 'respond-async' })).status).toBe(202);
    const ended = stopping.end('SIGTERM');
    await until(async () => {
      const health = await stopping.request('/health');
      return (await health.text()).includes('"draining":true');
    }, 'the queue is draining');

    for (const type of [JSON_TYPE, NDJSON_TYPE]) {
      const connection = RawConnection.open(stopping.url).send(
        `POST /publish HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n${type}\r\nContent-Length: 9\r\n\r\n`,
      );
      const response = (await connection.response('POST'))!;
      expect(connection.statuses).toEqual([503]);
      expect(JSON.parse(response.body)).toMatchObject({ type: 'urn:problem:shutting-down' });
      connection.close();
    }
    lock.exec('ROLLBACK');
    lock.close();
    expect(await ended).toBe(0);
  });
});
