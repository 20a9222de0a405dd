import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BROWSER, Page } from '../harness/browser.js';
import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const service = await Service.start();

/** Headers of every response except those of Swagger UI. */
const DATA_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function headersOf(response: Promise<Response>): Promise<Record<string, string>> {
  const { headers, body } = await response;
  await body?.cancel();
  return Object.fromEntries(headers);
}

describe('every response', () => {
  it.each([
    ['GET', '/', 200],
    ['GET', '/stats', 200],
    ['GET', '/events', 200],
    ['GET', '/health/live', 200],
    ['GET', '/events/a/b', 404],
    ['GET', '/nothing', 404],
    ['DELETE', '/stats', 405],
    ['GET', '/events/%zz/a', 400],
    ['GET', '/events?limit=0', 422],
  ])('has the security headers: %s %s', async (method, path, status) => {
    const response = service.request(path, { method });
    expect(await headersOf(response)).toMatchObject(DATA_HEADERS);
    expect((await response).status).toBe(status);
  });

  it('has the security headers after a publish', async () => {
    expect(await headersOf(service.publish(anEvent()))).toMatchObject(DATA_HEADERS);
  });

  it('has the security headers if the request is not HTTP', async () => {
    const response = await RawConnection.open(service.url).send('nonsense\r\n\r\n').untilClosed();
    for (const [name, value] of Object.entries(DATA_HEADERS))
      expect(response).toContain(`${name}: ${value}\r\n`);
  });

  it('has the security headers if the request target is not a path', async () => {
    const connection = RawConnection.open(service.url).send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
    const { head } = (await connection.response('OPTIONS'))!;
    connection.close();
    for (const [name, value] of Object.entries(DATA_HEADERS)) expect(head).toContain(`${name}: ${value}`);
  });

  it('does not name the server software', async () => {
    const headers = await headersOf(service.request('/'));
    expect(Object.keys(headers)).not.toContain('server');
    expect(Object.keys(headers)).not.toContain('x-powered-by');
  });
});

describe('Swagger UI', () => {
  it('can run only its own scripts', async () => {
    for (const path of ['/docs', '/docs/swagger-ui-bundle.js']) {
      const { 'content-security-policy': policy, ...others } = await headersOf(service.request(path));
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(others).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    }
  });

  const inBrowser = BROWSER ? it : it.skip;
  if (!BROWSER) console.warn('NOT TESTED: Swagger UI in a browser. Chromium is not installed.');

  it('is tested in a browser in CI', () => {
    expect(Boolean(BROWSER) || !process.env['CI']).toBe(true);
  });

  inBrowser('publishes with "Try it out" and an API key in a browser', async () => {
    const key = 'try-it-out';
    const hash = createHash('sha256').update(key).digest('hex');
    const guarded = await Service.start({ API_KEYS: `docs:publish:${hash},docs:read:${hash}` });
    const page = await Page.open(`${guarded.url}/docs`);
    try {
      await until(
        () => page.evaluate('document.querySelectorAll(".opblock").length >= 8'),
        'the page lists the operations',
      );
      const execute = async () => {
        await page.evaluate('document.querySelector("#operations-publish-publish .execute").click()');
        const status = '#operations-publish-publish .live-responses-table .response .response-col_status';
        await until(
          () => page.evaluate(`document.querySelector('${status}') !== null`),
          'the page shows a status',
        );
        return page.evaluate<string>(`document.querySelector('${status}').textContent.trim()`);
      };
      await page.evaluate(
        'document.querySelector("#operations-publish-publish .opblock-summary-control").click()',
      );
      // The button appears before the example that it sends.
      await until(
        () =>
          page.evaluate('document.querySelector("#operations-publish-publish textarea")?.value.length > 0'),
        'the page shows the example',
      );
      expect(page.errors).toEqual([]);
      expect(await execute()).toBe('401');
      await page.evaluate('document.querySelector("#operations-publish-publish .btn-clear").click()');
      await page.evaluate(`ui.preauthorizeApiKey('apiKey', '${key}')`);
      expect(await execute()).toBe('200');
    } finally {
      await page.close();
    }
    const stats = await guarded.request('/stats', { headers: { authorization: `Bearer ${key}` } });
    expect(await stats.json()).toMatchObject({ received: 1, unique_processed: 1 });
  });
});

/** A request that never finishes its headers. */
const INCOMPLETE_HEAD = 'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Ty';

/** Resolves with the time until a bare Node server with the documented timeout closes an incomplete request. */
async function bareServerSeconds(): Promise<number> {
  const bare = createServer({ headersTimeout: 10_000, connectionsCheckingInterval: 5_000 });
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  const url = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`;
  const seconds = await secondsOf(() => RawConnection.open(url).send(INCOMPLETE_HEAD).untilClosed());
  bare.close();
  return seconds;
}

describe('200 slow clients', () => {
  it('get 408 for incomplete headers and are disconnected, while others are served', async () => {
    // Waits at the same time as the service, so that a busy machine delays both.
    const baseline = bareServerSeconds();
    const slowSeconds = await secondsOf(async () => {
      const slow = Array.from({ length: 200 }, () => RawConnection.open(service.url).send(INCOMPLETE_HEAD));
      const before = (await service.stats()).received;
      for (let count = 0; count < 50; count++) expect((await service.publish(anEvent())).status).toBe(200);
      expect((await service.stats()).received).toBe(before + 50);
      for (const connection of slow) {
        await connection.untilClosed();
        expect(connection.statuses).toEqual([408]);
      }
    });
    // Both need 10 to 15 s, because Node checks every 5 s. Node's default timeout is 60 s.
    expect(slowSeconds).toBeLessThan(3 * (await baseline));
  });
});

describe('the response to an invalid request', () => {
  it('reveals no internals', async () => {
    const responses = await Promise.all([
      service.request("/events?topic=' OR 1=1 --"),
      service.request("/events/'%3B DROP TABLE processed_events/x"),
      service.request('/events?limit=999999999999999999999'),
      service.request('/events/%00/%00'),
      service.publishText('{"topic":'),
      service.publish([{ topic: { toString: 1 } }]),
      service.publish(anEvent({ event_id: '__proto__', payload: { constructor: { prototype: 1 } } })),
    ]);
    for (const response of responses) {
      expect(await response.text()).not.toMatch(
        /\bat .+:\d+:\d+|node_modules|\/src\/|SELECT|SQLITE|INSERT|typeorm/i,
      );
      expect(response.status).toBeLessThan(500);
    }
  });
});
