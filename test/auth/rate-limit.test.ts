import { anEvent, events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { TokenBucket } from '../../src/auth/token-bucket.js';
import { bearer, KeyFile } from './key-file.js';

const file = new KeyFile(
  { name: 'slow', scopes: ['publish'], events_per_second: 5 },
  { name: 'heavy', scopes: ['publish'], bytes_per_second: 65_536 },
  { name: 'admin', scopes: ['admin'] },
);
const service = await Service.start({ API_KEYS_FILE: file.path });
const received = async () => {
  const response = await service.request('/stats', { headers: bearer('admin') });
  return ((await response.json()) as { received: number }).received;
};

describe('an API key beyond its rate of events', () => {
  it('gets 429 with Retry-After until its debt is paid, and changes nothing', async () => {
    // The events of 8 s. The bucket holds those of 1 s.
    const accepted = await service.publish(events(40), bearer('slow'));
    expect([accepted.status, accepted.headers.get('ratelimit-policy')]).toEqual([200, '"events";q=5;w=1']);
    expect(accepted.headers.get('ratelimit')).toMatch(/^"events";r=0;t=[1-7]$/);
    const before = await received();
    const rejected = await service.publish(anEvent(), bearer('slow'));
    expect(rejected.status).toBe(429);
    expect(Number(rejected.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(rejected.headers.get('ratelimit-policy')).toBe('"events";q=5;w=1');
    expect(await rejected.json()).toMatchObject({
      type: 'urn:problem:rate-limited',
      title: 'Rate limit exceeded',
      detail: expect.stringMatching(
        /^The API key slow may publish 5 events per second. Nothing was accepted/,
      ),
    });
    expect(await received()).toBe(before);
  });

  it('does not delay other API keys', async () => {
    expect((await service.publish(anEvent(), bearer('admin'))).status).toBe(200);
  });

  it('is accepted again after that time', async () => {
    await until(
      async () => (await service.publish(anEvent(), bearer('slow'))).status === 200,
      'the rate permits an event',
    );
  });
});

describe('an API key beyond its rate of bytes', () => {
  it('gets 429', async () => {
    const event = () => anEvent({ payload: { text: 'x'.repeat(500_000) } });
    const responses = [
      await service.publish(event(), bearer('heavy')),
      await service.publish(event(), bearer('heavy')),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 429]);
    expect(responses[0]!.headers.get('ratelimit-policy')).toBe('"bytes";q=65536;w=1;qu="content-bytes"');
  });
});

describe('an NDJSON upload with a rate limit', () => {
  it('is read at the permitted rate, without an error', async () => {
    const other = new KeyFile({ name: 'slow', scopes: ['publish'], events_per_second: 20 });
    const limited = await Service.start({ API_KEYS_FILE: other.path });
    const started = performance.now();
    const body = events(61).map((event) => JSON.stringify(event));
    const response = await limited.publishText(body.join('\n'), {
      ...bearer('slow'),
      'content-type': 'application/x-ndjson',
    });
    expect(await response.json()).toMatchObject({ stored: 61, complete: true });
    // The bucket holds 20 events, and the last 20 may leave a debt. The rest takes a second at least.
    expect(performance.now() - started).toBeGreaterThan(1000);
  });
});

describe('TokenBucket', () => {
  it('admits a request unless it is in debt, and never holds more than the amount of a second', () => {
    let now = 0;
    const bucket = new TokenBucket(10, () => now);
    expect([bucket.remaining(), bucket.waitMs()]).toEqual([10, 0]);
    bucket.spend(10);
    expect([bucket.remaining(), bucket.waitMs()]).toEqual([0, 0]);
    bucket.spend(25);
    expect([bucket.remaining(), bucket.waitMs()]).toEqual([0, 2500]);
    now = 2000;
    expect([bucket.remaining(), bucket.waitMs()]).toEqual([0, 500]);
    now = 3000;
    expect([bucket.remaining(), bucket.waitMs()]).toEqual([5, 0]);
    now = 60_000;
    expect([bucket.remaining(), bucket.waitMs()]).toEqual([10, 0]);
  });
});
