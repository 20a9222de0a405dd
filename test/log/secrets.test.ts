import { createHash } from 'node:crypto';
import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { linesOf } from './log.js';

/** As long as an API key that the command `keys` creates. */
const API_KEY = 'c0ffee'.repeat(10).padEnd(64, '0');
const PAYLOAD = 'a-payload-that-no-log-may-hold';
const authorization = `Bearer ${API_KEY}`;
const hash = createHash('sha256').update(API_KEY).digest('hex');

const service = await Service.start({
  API_KEYS: `shop:publish:${hash},shop:read:${hash}`,
  ACCESS_LOG: 'on',
  LOG_LEVEL: 'trace',
});

const get = (path: string, headers: Record<string, string> = { authorization }) =>
  service.request(path, { headers });
const publish = (body: string, type = 'application/json') =>
  service.publishText(body, { authorization, 'content-type': type });
const event = JSON.stringify(anEvent({ payload: {} }));

describe('a request with a secret in an unusual place', () => {
  it.each<[where: string, status: number, send: () => Promise<Response>]>([
    ['the query after a malformed path', 400, () => get(`/events/%zz?api_key=${API_KEY}`)],
    ['a path that is too long', 414, () => get(`/events/orders/${'x'.repeat(4_000)}${API_KEY}`)],
    ['the name of a parameter', 422, () => get(`/events?${API_KEY}`)],
    ['a path', 404, () => get(`/nowhere/${API_KEY}?key=${API_KEY}`)],
    ['another scheme', 401, () => get('/events', { authorization: `Basic ${API_KEY}` })],
    ['X-API-Key with a character too many', 401, () => get('/events', { 'x-api-key': `${API_KEY}!` })],
    ['a body that is not JSON', 400, () => publish(PAYLOAD)],
    ['the name of a member of a payload', 422, () => publish(event.replace('{}', `{"${PAYLOAD}":1e99999}`))],
    ['NDJSON', 422, () => publish(`${PAYLOAD}\n`, 'application/x-ndjson')],
    ['a line of NDJSON', 200, () => publish(`${event}\n"${PAYLOAD}\n`, 'application/x-ndjson')],
    [
      'a line of NDJSON, as the name of a member of a payload',
      200,
      () => publish(`${event}\n${event.replace('{}', `{"${PAYLOAD}":1e99999}`)}`, 'application/x-ndjson'),
    ],
  ])('leaves no secret in the log: %s (%d)', async (_, status, send) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(/^.{8}-\d+$/);
  });

  it('leaves no secret in the log: all lines of the process', async () => {
    const connection = RawConnection.open(service.url).send(`${API_KEY} ${PAYLOAD}\r\n\r\n`);
    await connection.untilClosed();
    expect(await service.end('SIGTERM')).toBe(0);
    const rejected = linesOf(service, 'requests rejected').map(({ status }) => status);
    expect(new Set(rejected)).toEqual(new Set([200, 400, 401, 414, 422]));
    for (const secret of [API_KEY, API_KEY.slice(0, 32), hash, PAYLOAD])
      expect(service.log.filter((line) => line.includes(secret))).toEqual([]);
  });

  it('gets no problem that repeats its query', async () => {
    const other = await Service.start();
    expect(await (await other.request('/events/%zz?api_key=secret')).text()).not.toContain('secret');
  });
});
