import { fastify } from 'fastify';
import { createHash } from 'node:crypto';
import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { ApiKeys } from '../../src/auth/api-keys.js';
import { parseApiKeyList } from '../../src/auth/api-key-list.js';
import { guardRoutes } from '../../src/auth/guard-routes.js';
import { ConfigError, loadConfig } from '../../src/config.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const API_KEYS = [
  `shop:publish:${sha256('shop-key')}`,
  `dashboard:read:${sha256('dashboard-key').toUpperCase()}`,
  ` admin:publish:${sha256('admin-key')}`,
  `admin:read:${sha256('admin-key')}`,
].join(',');
const service = await Service.start({ API_KEYS });

const PUBLISHING = [['POST', '/publish']] as const;
const READING = [
  ['GET', '/events'],
  ['HEAD', '/events'],
  ['GET', '/events/orders/never'],
  ['GET', '/stats'],
  ['GET', '/topics'],
  ['GET', '/events/stream?order=up'],
  ['POST', '/events/lookup'],
] as const;
const OPEN = [
  '/',
  '/health',
  '/health/live',
  '/health/ready',
  '/docs',
  '/docs/swagger-ui.css',
  '/openapi.json',
];

async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const body = method === 'POST' ? JSON.stringify(anEvent()) : undefined;
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await service.request(path, { method, headers: { ...type, ...headers }, body });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), response };
}

describe('a request without an API key', () => {
  it.each([...PUBLISHING, ...READING])('gets 401 with a problem: %s %s', async (method, path) => {
    const { status, challenge, response } = await ask(method, path);
    expect([status, challenge]).toEqual([401, 'Bearer']);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    if (method === 'HEAD') return;
    expect(await response.json()).toMatchObject({
      title: 'Unauthorized',
      status: 401,
      instance: path.split('?')[0],
    });
  });

  it.each(OPEN)('gets 200 from the open route %s', async (path) => {
    expect((await ask('GET', path)).status).toBe(200);
  });

  it.each([
    ['/%70ublish', 401],
    ['/publish?key=1', 401],
    ['/publish#', 401],
    ['/publish;a=b', 404],
    ['//publish', 404],
    ['/publish/', 404],
    ['/publish%2f', 404],
    ['/PUBLISH', 404],
    ['/x/../publish', 404],
    ['/docs/../publish', 405],
    ['/docs/%2e%2e/publish', 405],
    ['/health/..%2fpublish', 404],
    ['/./publish', 404],
    ['http://elsewhere/publish', 401],
  ])('cannot reach /publish as %s', async (target, status) => {
    const body = JSON.stringify(anEvent());
    const connection = RawConnection.open(service.url).send(
      `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    await connection.untilClosed();
    expect(connection.statuses).toEqual([status]);
  });

  it('gets 401 before its body arrives', async () => {
    const connection = RawConnection.open(service.url).send(
      'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n',
    );
    await until(() => connection.statuses.length > 0, 'the service responds');
    expect(connection.statuses).toEqual([401]);
    connection.close();
  });
});

describe('an unknown API key', () => {
  it.each([
    'Bearer nonsense',
    'Bearer shop-key1',
    `Bearer ${sha256('shop-key')}`,
    'Bearer',
    'Bearer shop-key dashboard-key',
    'Basic c2hvcDpzaG9wLWtleQ==',
    'shop-key',
  ])('gets 401 from every guarded route: %s', async (authorization) => {
    for (const [method, path] of [...PUBLISHING, ...READING]) {
      const { status, challenge } = await ask(method, path, { authorization });
      expect([method, path, status, challenge]).toEqual([method, path, 401, 'Bearer error="invalid_token"']);
    }
  });
});

describe('an API key', () => {
  it.each(['shop-key', 'admin-key'])('with the scope publish can publish: %s', async (key) => {
    expect((await ask('POST', '/publish', bearer(key))).status).toBe(200);
  });

  it.each(['dashboard-key', 'admin-key'])('with the scope read can read: %s', async (key) => {
    const statuses = await Promise.all(
      READING.map(async ([method, path]) => (await ask(method, path, bearer(key))).status),
    );
    expect(statuses).toEqual([200, 200, 404, 200, 200, 422, 422]);
  });

  it('with the wrong scope gets 403 that names the required scope', async () => {
    const published = await ask('POST', '/publish', bearer('dashboard-key'));
    expect(published.challenge).toBe('Bearer error="insufficient_scope", scope="publish"');
    expect(await published.response.json()).toMatchObject({
      title: 'Forbidden',
      status: 403,
      detail: 'This API key lacks the required scope: publish. Use an API key with this scope.',
    });
    for (const [method, path] of READING) {
      const { status, challenge } = await ask(method, path, bearer('shop-key'));
      expect([status, challenge]).toEqual([403, 'Bearer error="insufficient_scope", scope="read"']);
    }
  });

  it('is accepted if the scheme is in lower case', async () => {
    expect((await ask('GET', '/stats', { authorization: 'bearer dashboard-key' })).status).toBe(200);
  });
});

describe('a request rejected for its API key', () => {
  it('changes no row and no counter', async () => {
    const read = async (path: string) =>
      (await ask('GET', path, bearer('admin-key'))).response.json() as Promise<Record<string, unknown>>;
    const before = await read('/stats');
    for (const headers of [{}, bearer('nonsense'), bearer('dashboard-key')])
      await ask('POST', '/publish', headers);
    expect(await read('/stats')).toEqual({ ...before, uptime: expect.any(Number) });
    expect((await read('/events'))['count']).toBe(before['received']);
  });
});

describe('a route that does not declare its access', () => {
  it.each(['', API_KEYS])('prevents the start with API_KEYS "%s"', async (keys) => {
    const server = fastify();
    guardRoutes(server, keys === '' ? undefined : new ApiKeys(() => parseApiKeyList(keys)));
    expect(() => server.get('/forgotten', () => '')).toThrow('GET /forgotten does not declare its access');
    await server.close();
  });
});

describe('the OpenAPI document', () => {
  it('declares the API key and the 401 and 403 of each guarded operation', async () => {
    const { paths, components } = await service.get<{
      paths: Record<string, Record<string, { security?: object[]; responses: Record<string, object> }>>;
      components: { securitySchemes: Record<string, object> };
    }>('/openapi.json');
    expect(components.securitySchemes).toMatchObject({ apiKey: { type: 'http', scheme: 'bearer' } });
    for (const [path, operations] of Object.entries(paths)) {
      for (const { security, responses } of Object.values(operations)) {
        const open = OPEN.includes(path);
        expect([path, security]).toEqual([path, open ? [] : [{ apiKey: [] }, { apiKeyHeader: [] }]]);
        expect([path, '401' in responses, '403' in responses]).toEqual([path, !open, !open]);
      }
    }
  });
});

describe('an invalid API_KEYS', () => {
  const good = sha256('a');
  const cases: [string, string][] = [
    ['nonsense', 'entry 1 must be name:scope:sha256-hex, with one scope per entry'],
    [`ci:publish:${good},`, 'entry 2 must be name:scope:sha256-hex, with one scope per entry'],
    [`ci:publish:${good}:more`, 'entry 1 must be name:scope:sha256-hex, with one scope per entry'],
    [`ci:write:${good}`, 'entry 1 (ci) must have the scope publish, read or admin'],
    [`ci:publish:${good.slice(1)}`, 'entry 1 (ci) must end with a SHA-256: 64 hex digits'],
    [
      `ci:publish:${sha256('')}`,
      'entry 1 (ci) has the SHA-256 of an empty API key; hash the API key without a line break',
    ],
    [`:read:${good}`, 'entry 1 must begin with a name'],
    [`${good}:read:ci`, 'entry 1 must begin with a name'],
    [`ok:read:${good},a b:read:${good},ci:x:${good}`, 'entry 3 (ci) must have the scope'],
  ];

  it.each(cases)(
    'prevents the start with a message that names the entry but no hash: %s',
    (keys, problem) => {
      let message = '';
      try {
        loadConfig({ API_KEYS: keys });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        message = (error as Error).message;
      }
      expect(message).toContain(problem);
      expect(message).not.toMatch(/[0-9a-f]{16}/i);
    },
  );
});
