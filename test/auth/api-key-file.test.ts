import { anEvent } from '../harness/an-event.js';
import { codeOf } from '../harness/code-blocks.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { linesOf } from '../log/log.js';
import { ConfigError, loadConfig } from '../../src/config.js';
import { StreamClient } from '../stream/stream-client.js';
import { bearer, hashOf, KeyFile } from './key-file.js';

const SHOP = { name: 'shop', scopes: ['publish'] };
const READER = { name: 'reader', scopes: ['read'] };
const ADMIN = { name: 'boss', scopes: ['admin'] };

/** Returns the messages that the service logged about API keys. */
const messages = (service: Service) =>
  service.log
    .map((line) => JSON.parse(line) as { context?: string; msg: string })
    .flatMap(({ context, msg }) => (context === 'ApiKeys' ? [msg] : []));

describe('API_KEYS_FILE', () => {
  it('may be the example of the documentation', () => {
    const file = new KeyFile(SHOP);
    file.writeText(codeOf('docs/operations.md', 'a file of API keys'));
    expect(loadConfig({ API_KEYS_FILE: file.path })).toMatchObject({ HOST: '0.0.0.0' });
  });

  it('adds API keys to those of API_KEYS', async () => {
    const file = new KeyFile(SHOP, ADMIN);
    const service = await Service.start({
      API_KEYS: `reader:read:${hashOf('reader')}`,
      API_KEYS_FILE: file.path,
    });
    const statuses = await Promise.all(
      ['shop', 'boss', 'reader'].map(async (key) => [
        (await service.publish(anEvent(), bearer(key))).status,
        (await service.request('/stats', { headers: bearer(key) })).status,
      ]),
    );
    expect(statuses).toEqual([
      [200, 403],
      [200, 200],
      [403, 200],
    ]);
  });

  it('accepts the header X-API-Key, also if a proxy uses Authorization', async () => {
    const service = await Service.start({ API_KEYS_FILE: new KeyFile(READER).path });
    const status = async (headers: Record<string, string>) =>
      (await service.request('/stats', { headers })).status;
    expect(await status({ 'x-api-key': 'reader' })).toBe(200);
    expect(await status({ 'x-api-key': 'reader', authorization: 'Basic YTpi' })).toBe(200);
    expect(await status({ 'x-api-key': 'unknown', ...bearer('reader') })).toBe(401);
  });

  it('rejects an API key from its expiry on', async () => {
    const service = await Service.start({
      API_KEYS_FILE: new KeyFile(
        { ...READER, expires_at: '2001-01-01T00:00:00Z' },
        // A leap second.
        { name: 'leap', scopes: ['read'], expires_at: '2016-12-31T23:59:60Z' },
        { ...ADMIN, expires_at: '2999-01-01T00:00:00' },
      ).path,
    });
    const response = await service.request('/stats', { headers: bearer('reader') });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
    expect(await response.json()).toMatchObject({
      detail: 'The API key reader has expired. Ask the operator for a new one.',
    });
    expect((await service.request('/stats', { headers: bearer('boss') })).status).toBe(200);
    await until(() => linesOf(service, 'requests rejected').length > 0, 'the rejection is logged');
    expect(linesOf(service, 'requests rejected')).toMatchObject([
      { status: 401, api_key: 'reader', address: '127.0.0.1' },
    ]);
    expect((await service.request('/stats', { headers: bearer('leap') })).status).toBe(401);
  });
});

describe('a changed file of API keys', () => {
  it.each([
    ['when the file changes', () => {}],
    ['on SIGHUP', (service: Service) => service.process.kill('SIGHUP')],
  ])('is read %s, without a rejected request', async (_, signal) => {
    const file = new KeyFile(SHOP);
    const service = await Service.start({ API_KEYS_FILE: file.path });
    const statuses: number[] = [];
    let stop = false;
    const publishing = (async () => {
      while (!stop) statuses.push((await service.publish(anEvent(), bearer('shop'))).status);
    })();
    // Both keys have the name shop during the rotation.
    file.write(SHOP, { ...SHOP, sha256: hashOf('shop-2') });
    signal(service);
    await until(
      async () => (await service.publish(anEvent(), bearer('shop-2'))).status === 200,
      'the new API key is known',
    );
    stop = true;
    await publishing;
    expect(new Set(statuses)).toEqual(new Set([200]));
    file.write({ ...SHOP, sha256: hashOf('shop-2') });
    signal(service);
    await until(
      async () => (await service.publish(anEvent(), bearer('shop'))).status === 401,
      'the old API key is unknown',
    );
    expect((await service.publish(anEvent(), bearer('shop-2'))).status).toBe(200);
  });

  it('keeps the previous API keys if it is invalid, and logs the reason without a hash', async () => {
    const file = new KeyFile(READER);
    const service = await Service.start({ API_KEYS_FILE: file.path });
    file.writeText(`{"keys": [{"name": "${hashOf('x')}"`);
    await until(() => messages(service).length > 0, 'the reload is logged');
    expect(messages(service)[0]).toBe('API keys not reloaded: the previous ones stay in use');
    expect(service.log.join('\n')).not.toContain(hashOf('x'));
    expect((await service.request('/stats', { headers: bearer('reader') })).status).toBe(200);
  });

  it('ends the streams of a removed API key, and no others', async () => {
    const file = new KeyFile(READER, ADMIN);
    const service = await Service.start({ API_KEYS_FILE: file.path });
    const removed = await StreamClient.open(service, '', bearer('reader'));
    const kept = await StreamClient.open(service, '', bearer('boss'));
    file.write(ADMIN);
    await until(() => removed.ended, 'the stream has ended');
    await service.publish(anEvent(), bearer('boss'));
    await until(() => kept.ids.length === 1, 'the other stream has an event');
    kept.close();
  });
});

describe('an API key that is limited to topics', () => {
  const file = new KeyFile(
    { name: 'orders', scopes: ['publish:orders.>', 'publish:returns', 'read:orders.>'] },
    ADMIN,
  );
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ API_KEYS_FILE: file.path });
    const known = ['orders.eu', 'payments'].map((topic) => anEvent({ topic, event_id: 'known' }));
    await service.publish(known, bearer('boss'));
  });
  const read = async (path: string, init: RequestInit = {}) => {
    const response = await service.request(path, {
      ...init,
      headers: { ...init.headers, ...bearer('orders') },
    });
    await response.body?.cancel();
    return response.status;
  };

  it.each([
    ['orders.eu', 200],
    ['returns', 200],
    ['orders', 403],
    ['payments', 403],
  ])('publishes to %s with status %i', async (topic, status) => {
    expect((await service.publish(anEvent({ topic }), bearer('orders'))).status).toBe(status);
  });

  it.each([
    ['an array', '', (events: unknown[]) => events],
    ['an object', '/events', (events: unknown[]) => ({ events })],
  ])('publishes nothing of %s with an event of another topic', async (_, pointer, wrap) => {
    const events = ['orders.eu', 'payments'].map((topic) => anEvent({ topic }));
    const before = await (await service.request('/stats', { headers: bearer('boss') })).json();
    const response = await service.publish(wrap(events), bearer('orders'));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      errors: [
        { pointer: `${pointer}/1`, detail: 'has the topic "payments", which this API key does not permit' },
      ],
    });
    const after = await (await service.request('/stats', { headers: bearer('boss') })).json();
    expect(after).toEqual({ ...(before as object), uptime: expect.any(Number) });
  });

  it('has the lines of other topics in an NDJSON upload rejected', async () => {
    const lines = ['orders.us', 'payments'].map((topic) => JSON.stringify(anEvent({ topic })));
    const response = await service.publishText(lines.join('\n'), {
      ...bearer('orders'),
      'content-type': 'application/x-ndjson',
    });
    expect(await response.json()).toMatchObject({
      stored: 1,
      rejected: 1,
      errors: [{ line: 2, detail: 'has the topic "payments", which this API key does not permit' }],
    });
  });

  it.each([
    ['/events?topic=orders.eu', 200],
    ['/events?topic=orders.>', 200],
    ['/events?topic=orders.*', 200],
    ['/events?topic=orders.*.eu', 200],
    ['/events?topic=orders.%3E&match=exact', 200],
    ['/events', 403],
    ['/events?topic=payments', 403],
    ['/events?topic=*.eu', 403],
    ['/events?topic=%3E', 403],
    ['/events?topic=orders.eu&topic=payments', 403],
    ['/events/orders.eu/known', 200],
    ['/events/payments/known', 403],
    ['/events/stream?topic=orders.>', 200],
    ['/events/stream', 403],
    ['/stats', 403],
    ['/topics', 403],
  ])('reads %s with status %i', async (path, status) => {
    expect(await read(path)).toBe(status);
  });

  it('looks up keys of its topics only', async () => {
    const lookup = (...topics: string[]) =>
      read('/events/lookup', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ keys: topics.map((topic) => ({ topic, event_id: 'known' })) }),
      });
    expect(await lookup('orders.eu')).toBe(200);
    expect(await lookup('orders.eu', 'payments')).toBe(403);
  });
});

describe('an invalid API_KEYS_FILE', () => {
  const sha256 = hashOf('a');
  const entry = { name: 'a', sha256, scopes: ['read'] };
  const cases: [string, string][] = [
    [sha256, 'must be the path of a JSON file: {"keys": […]}'],
    ['{}', 'keys must be an array of API keys'],
    ['{"keys": []}', 'keys must not be empty'],
    [JSON.stringify({ keys: [{ ...entry, name: 'a b' }] }), 'keys[0].name must be a name of 1 to 32'],
    [
      JSON.stringify({ keys: [entry, { ...entry, sha256: sha256.slice(1) }] }),
      'keys[1].sha256 must be a SHA-256',
    ],
    [JSON.stringify({ keys: [{ ...entry, sha256: hashOf('') }] }), 'is the SHA-256 of an empty API key'],
    [JSON.stringify({ keys: [{ ...entry, scopes: [] }] }), 'keys[0].scopes must not be empty'],
    [JSON.stringify({ keys: [{ ...entry, scopes: ['write'] }] }), 'keys[0].scopes must contain publish'],
    [
      JSON.stringify({ keys: [{ ...entry, scopes: ['admin:orders'] }] }),
      'keys[0].scopes must contain publish',
    ],
    [
      JSON.stringify({ keys: [{ ...entry, expires_at: 'tomorrow' }] }),
      'keys[0].expires_at must be an RFC 3339',
    ],
    [
      JSON.stringify({ keys: [{ ...entry, events_per_second: 0 }] }),
      'keys[0].events_per_second must be a whole number from 1',
    ],
    [JSON.stringify({ keys: [{ ...entry, scope: 'read' }] }), 'keys[0].scope is not a member of the file'],
  ];

  it.each(cases)('prevents the start with a message that contains no hash: %s', (text, problem) => {
    const file = new KeyFile();
    file.writeText(text);
    let message = '';
    try {
      loadConfig({ API_KEYS_FILE: file.path });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as Error).message;
    }
    expect(message).toContain(problem);
    expect(message).not.toMatch(/[0-9a-f]{16}/);
  });

  it('prevents the start if there is no such file', () => {
    expect(() => loadConfig({ API_KEYS_FILE: '/nowhere/keys.json' })).toThrow('cannot be read: ENOENT');
  });
});
