import { createHash } from 'node:crypto';
import { BROWSER, Page } from '../harness/browser.js';
import { anEvent } from '../harness/an-event.js';
import { RawConnection } from '../harness/raw.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';

const service = await Service.start();

/** What every answer carries, of whatever kind. */
const DATA_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

async function headersOf(response: Promise<Response>): Promise<Record<string, string>> {
  const { headers, body } = await response;
  await body?.cancel();
  return Object.fromEntries(headers);
}

describe('every answer', () => {
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
  ])('has the headers: %s %s', async (method, path, status) => {
    const answer = service.request(path, { method });
    expect(await headersOf(answer)).toMatchObject(DATA_HEADERS);
    expect((await answer).status).toBe(status);
  });

  it('has them when it was published, too', async () => {
    expect(await headersOf(service.publish(anEvent()))).toMatchObject(DATA_HEADERS);
  });

  it('has them when what was asked is no HTTP', async () => {
    const answer = await RawConnection.open(service.url).send('nonsense\r\n\r\n').untilClosed();
    for (const [name, value] of Object.entries(DATA_HEADERS))
      expect(answer).toContain(`${name}: ${value}\r\n`);
  });

  it('has them when the target is no path', async () => {
    const asked = RawConnection.open(service.url).send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
    const { head } = (await asked.answer('OPTIONS', 5_000))!;
    asked.hangUp();
    for (const [name, value] of Object.entries(DATA_HEADERS)) expect(head).toContain(`${name}: ${value}`);
  });

  it('does not name what serves it', async () => {
    const headers = await headersOf(service.request('/'));
    expect(Object.keys(headers)).not.toContain('server');
    expect(Object.keys(headers)).not.toContain('x-powered-by');
  });
});

describe('Swagger UI', () => {
  it('may run its own scripts, and no others', async () => {
    for (const path of ['/docs', '/docs/swagger-ui-bundle.js']) {
      const { 'content-security-policy': policy, ...others } = await headersOf(service.request(path));
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(others).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    }
  });

  const inBrowser = BROWSER ? it : it.skip;
  if (!BROWSER) console.warn('NOT TESTED: Swagger UI in a browser. There is no chromium here.');

  it('can be tested where it must be', () => {
    expect(Boolean(BROWSER) || !process.env['CI']).toBe(true);
  });

  inBrowser(
    'publishes from "Try it out" in a real browser, with a key',
    async () => {
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
        // The button is there before the example that it sends.
        await until(
          () =>
            page.evaluate('document.querySelector("#operations-publish-publish textarea")?.value.length > 0'),
          'the page shows the example',
        );
        expect(page.complaints).toEqual([]);
        expect(await execute()).toBe('401');
        await page.evaluate('document.querySelector("#operations-publish-publish .btn-clear").click()');
        await page.evaluate(`ui.preauthorizeApiKey('key', '${key}')`);
        expect(await execute()).toBe('200');
      } finally {
        await page.close();
      }
      const stats = await guarded.request('/stats', { headers: { authorization: `Bearer ${key}` } });
      expect(await stats.json()).toMatchObject({ received: 1, unique_processed: 1 });
    },
    25_000,
  );
});

describe('a slow client', () => {
  it('that does not finish its headers is told 408 and hung up on, while others are served', async () => {
    const began = Date.now();
    const slow = Array.from({ length: 200 }, () =>
      RawConnection.open(service.url).send('POST /publish HTTP/1.1\r\nHost: a\r\nContent-Ty'),
    );
    const before = (await service.stats()).received;
    for (let count = 0; count < 50; count++) expect((await service.publish(anEvent())).status).toBe(200);
    expect((await service.stats()).received).toBe(before + 50);
    for (const connection of slow) {
      await connection.untilClosed();
      expect(connection.statuses).toEqual([408]);
    }
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});

describe('an answer to what is wrong', () => {
  it('tells nothing of the inside', async () => {
    const answers = await Promise.all([
      service.request("/events?topic=' OR 1=1 --"),
      service.request("/events/'%3B DROP TABLE processed_events/x"),
      service.request('/events?limit=999999999999999999999'),
      service.request('/events/%00/%00'),
      service.publishText('{"topic":'),
      service.publish([{ topic: { toString: 1 } }]),
      service.publish(anEvent({ event_id: '__proto__', payload: { constructor: { prototype: 1 } } })),
    ]);
    for (const answer of answers) {
      expect(await answer.text()).not.toMatch(
        /\bat .+:\d+:\d+|node_modules|\/src\/|SELECT|SQLITE|INSERT|typeorm/i,
      );
      expect(answer.status).toBeLessThan(500);
    }
  });
});
