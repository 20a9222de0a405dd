import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anEvent } from '../harness/an-event.js';
import { BROWSER, Page } from '../harness/browser.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const KEY = 'browser-key';
const sha256 = createHash('sha256').update(KEY).digest('hex');
const API_KEYS = `page:publish:${sha256},page:read:${sha256}`;
const AUTHORIZATION = { authorization: `Bearer ${KEY}` };
const APP = 'https://app.example.com';
const ADMIN = 'http://localhost:3000';

const service = await Service.start({ API_KEYS, CORS_ORIGINS: `${APP}, ${ADMIN}` });

function preflight(of: Service, path: string, origin = APP): Promise<Response> {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,prefer',
  };
  return of.request(path, { method: 'OPTIONS', headers });
}

async function corsHeaders(response: Promise<Response>): Promise<Record<string, string>> {
  const { headers, body } = await response;
  await body?.cancel();
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
}

describe('a preflight', () => {
  it.each(['/publish', '/events', '/events/stream', '/events/lookup', '/health/live'])(
    'to %s needs no API key',
    async (path) => {
      const response = await preflight(service, path);
      expect(response.status).toBe(204);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-allow-headers': 'authorization,content-type,prefer',
        'access-control-max-age': '7200',
        'x-content-type-options': 'nosniff',
        vary: expect.stringContaining('Origin'),
      });
    },
  );

  it('from an unlisted origin is denied', async () => {
    const headers = await corsHeaders(preflight(service, '/publish', 'https://other.example.com'));
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a request from a listed origin', () => {
  it.each([
    ['GET', '/events', AUTHORIZATION, 200],
    ['GET', '/health/live', {}, 200],
    ['GET', '/events', {}, 401],
    ['GET', '/events?limit=0', AUTHORIZATION, 422],
    ['GET', '/events?topic=%zz', AUTHORIZATION, 400],
    ['GET', '/nothing', {}, 404],
    ['DELETE', '/events', {}, 405],
  ])('gets CORS headers with every status: %s %s', async (method, path, headers, status) => {
    for (const origin of [APP, ADMIN]) {
      const response = service.request(path, { method, headers: { ...headers, origin } });
      expect((await response).status).toBe(status);
      expect(await corsHeaders(response)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-expose-headers':
          'preference-applied, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id',
      });
    }
  });

  it('can publish', async () => {
    const response = await service.publish(anEvent(), { ...AUTHORIZATION, origin: APP });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, APP]);
  });

  it('can open an event stream', async () => {
    const response = await service.request('/events/stream', { headers: { ...AUTHORIZATION, origin: APP } });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    await response.body!.cancel();
  });
});

describe('CORS_ORIGINS', () => {
  it('allows every origin if it is *', async () => {
    const open = await Service.start({ CORS_ORIGINS: '*' });
    expect((await preflight(open, '/publish', 'https://any.example.com')).status).toBe(204);
    const headers = await corsHeaders(
      open.request('/stats', { headers: { origin: 'https://any.example.com' } }),
    );
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' });
  });

  it('allows no origin by default', async () => {
    const closed = await Service.start();
    expect((await preflight(closed, '/publish')).status).toBe(405);
    expect(await corsHeaders(closed.request('/stats', { headers: { origin: APP } }))).toEqual({});
  });
});

describe('a page of another origin in a browser', () => {
  const inBrowser = BROWSER ? it : it.skip;
  if (!BROWSER) console.warn('NOT TESTED: CORS in a browser. Chromium is not installed.');

  it('is tested in CI', () => {
    expect(Boolean(BROWSER) || !process.env['CI']).toBe(true);
  });

  inBrowser('publishes with an API key and reads the stream', async () => {
    const host = createServer((_request, response) => response.setHeader('content-type', 'text/html').end());
    await once(host.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    const api = await Service.start({ API_KEYS, CORS_ORIGINS: origin });
    const page = await Page.open(`${origin}/`);
    try {
      await until(
        () => page.evaluate(`location.origin === '${origin}' && document.readyState === 'complete'`),
        'the page is loaded',
      );
      const call = (path: string, init: object) =>
        `fetch('${api.url}${path}', ${JSON.stringify({ ...init, headers: { ...AUTHORIZATION, 'content-type': 'application/json' } })})`;
      const publish = call('/publish', { method: 'POST', body: JSON.stringify(anEvent()) });
      expect(await page.evaluate(`${publish}.then((response) => response.json())`)).toMatchObject({
        outcome: 'stored',
      });
      const read = `(async () => {
        const { body } = await ${call('/events/stream?after=0', {})};
        let text = '';
        for await (const part of body.pipeThrough(new TextDecoderStream())) {
          text += part;
          if (text.includes('data: ')) return text;
        }
      })()`;
      expect(await page.evaluate(read)).toContain('id: 1\nevent: event\n');
      expect(page.errors).toEqual([]);
    } finally {
      await page.close();
      host.close();
    }
  });
});
