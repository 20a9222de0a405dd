import { spawnSync } from 'node:child_process';
import { anEvent, events } from '../harness/an-event.js';
import { readDocument } from '../harness/code-blocks.js';
import { createDatabase, dropDatabase, HAS_POSTGRES } from '../harness/postgres.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { bearer, hashOf } from '../auth/key-file.js';
import { StreamClient } from '../stream/stream-client.js';
import { Distribution } from '../../src/metrics/distribution.js';
import { namesIn, outcomesOf, scrape, scrapeText } from './scrape.js';

const HAS_PROMTOOL = !spawnSync('promtool', ['--version']).error;
if (!HAS_PROMTOOL && process.env['CI']) throw new Error('promtool is not installed.');
if (!HAS_PROMTOOL)
  console.warn('NOT TESTED: the format of the metrics, and the alerts. promtool is not installed.');
const withPromtool = HAS_PROMTOOL ? it : it.skip;

function promtool(args: readonly string[], input = ''): [status: number | null, output: string] {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return [status, stdout + stderr];
}

const NDJSON = { 'content-type': 'application/x-ndjson' };

describe('GET /metrics', () => {
  it('has the totals of /stats, also after a restart', async () => {
    const service = await Service.start();
    const event = anEvent();
    await service.publish([event, event, { ...event, payload: { other: true } }, anEvent()]);
    expect(await outcomesOf(service)).toEqual([2, 1, 1]);
    await service.end('SIGTERM');
    const restarted = await service.restart();
    expect(await outcomesOf(restarted)).toEqual([2, 1, 1]);
    expect(await restarted.stats()).toMatchObject({ received: 4, unique_processed: 2, duplicate_dropped: 2 });
    expect((await scrape(restarted)).get('aggregator_last_seq')).toBe(2);
  });

  it('counts responses, rejections, commits and acknowledgements', async () => {
    const service = await Service.start();
    await service.publish(events(3));
    await service.publishText(`${JSON.stringify(anEvent())}\nnonsense`, NDJSON);
    await service.publish({ topic: 'orders' });
    await service.publish({ topic: 'orders' });
    await service.status('/events/orders/never');
    const series = await scrape(service);
    const publish = (code: number) =>
      series.get(`aggregator_requests_total{method="POST",route="/publish",code="${code}"}`);
    expect([publish(200), publish(422)]).toEqual([2, 2]);
    expect(
      series.get('aggregator_requests_total{method="GET",route="/events/:topic/:event_id",code="404"}'),
    ).toBe(1);
    const rejected = (code: number, reason: string) =>
      series.get(`aggregator_requests_rejected_total{code="${code}",reason="${reason}"}`);
    expect([rejected(422, 'urn:problem:invalid-request'), rejected(200, 'rejected-lines')]).toEqual([2, 1]);
    expect(series.get('aggregator_ack_duration_seconds_count{format="json"}')).toBe(1);
    expect(series.get('aggregator_ack_duration_seconds_count{format="ndjson"}')).toBe(1);
    expect(series.get('aggregator_commit_duration_seconds_count')).toBe(2);
    expect(series.get('aggregator_commit_events_sum')).toBe(4);
    expect(series.get('aggregator_commit_events_bucket{le="1"}')).toBe(1);
    expect(series.get('aggregator_commit_events_bucket{le="5"}')).toBe(2);
  });

  it('has the state of the queue, the streams and the database', async () => {
    const service = await Service.start({ QUEUE_CAPACITY: '50', QUEUE_CAPACITY_BYTES: '4000000' });
    await service.publish(anEvent());
    const stream = await StreamClient.open(service);
    const series = await scrape(service);
    const value = (name: string) => series.get(`aggregator_${name}`);
    expect(['ready', 'queue_events', 'queue_bytes', 'streams', 'stream_lag_events'].map(value)).toEqual([
      1, 0, 0, 1, 0,
    ]);
    expect([value('queue_capacity_events'), value('queue_capacity_bytes')]).toEqual([50, 4_000_000]);
    for (const name of ['database_bytes', 'disk_free_bytes', 'wal_bytes', 'last_commit_timestamp_seconds'])
      expect([name, value(name)! > 0]).toEqual([name, true]);
    expect([value('store_check{check="wal"}'), value('store_check{check="clock"}')]).toEqual([1, 1]);
    stream.close();
  });

  it('reports that a stopping service is not ready', async () => {
    const service = await Service.start({ SHUTDOWN_DELAY_MS: '60000' });
    expect((await scrape(service)).get('aggregator_ready')).toBe(1);
    service.process.kill('SIGTERM');
    await until(async () => (await scrape(service)).get('aggregator_ready') === 0, 'it is not ready');
    service.process.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('requires an API key with the scope read, unless METRICS_PUBLIC is on', async () => {
    const API_KEYS = `monitor:read:${hashOf('monitor')}`;
    const [closed, open] = await Promise.all([
      Service.start({ API_KEYS }),
      Service.start({ API_KEYS, METRICS_PUBLIC: 'on' }),
    ]);
    expect(await closed.status('/metrics')).toBe(401);
    expect((await scrape(closed, bearer('monitor'))).get('aggregator_ready')).toBe(1);
    expect((await scrape(open)).get('aggregator_ready')).toBe(1);
    expect(await open.status('/stats')).toBe(401);
  });

  const stores = HAS_POSTGRES ? ['sqlite', 'postgres'] : ['sqlite'];
  withPromtool.each(stores)('has a format and names that promtool accepts, on %s', async (store) => {
    const environment: Record<string, string> = {};
    if (store === 'postgres') {
      environment['DATABASE_URL'] = await createDatabase();
      releaseAtEnd(() => dropDatabase(environment['DATABASE_URL']!));
    }
    const service = await Service.start(environment);
    await service.publish(anEvent());
    await service.publish({});
    const text = await scrapeText(service);
    expect(promtool(['check', 'metrics'], text)).toEqual([0, '']);
    expect(text).toContain(`store="${store}"`);
    expect(text.includes('aggregator_wal_bytes')).toBe(store === 'sqlite');
  });
});

describe('deploy/alerts.yml', () => {
  withPromtool('is valid, and each alert fires when it should', () => {
    expect(promtool(['check', 'rules', 'deploy/alerts.yml'])[0]).toBe(0);
    expect(promtool(['test', 'rules', 'deploy/alerts.test.yml'])).toEqual([
      0,
      expect.stringContaining('SUCCESS'),
    ]);
  });

  it('has a test for each alert', () => {
    const alerts = [...readDocument('deploy/alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const tested = [...readDocument('deploy/alerts.test.yml').matchAll(/- name: (\w+)/g)].map(
      ([, name]) => name,
    );
    expect(tested).toEqual(alerts);
  });
});

describe.each(['deploy/alerts.yml', 'deploy/grafana.json', 'docs/operations.md'])('%s', (file) => {
  it('names only metrics that exist', async () => {
    const service = await Service.start();
    const found = namesIn(await scrapeText(service));
    const known = new Set(
      found.flatMap((name) => [name, ...['_bucket', '_sum', '_count'].map((end) => name + end)]),
    );
    // The comment about a metric has its name also without values.
    expect(
      namesIn(readDocument(file)).filter((name) => !known.has(name) && name !== 'aggregator_migrations'),
    ).toEqual([]);
  });
});

describe('a distribution', () => {
  it('has cumulative buckets, the sum and the count', () => {
    const sizes = new Distribution([1, 10]);
    for (const size of [0.5, 1, 2, 10, 11]) sizes.observe(size);
    expect(sizes.samples('a', { kind: 'b' })).toEqual([
      { metricName: 'a_bucket', labels: { kind: 'b', le: 1 }, value: 2 },
      { metricName: 'a_bucket', labels: { kind: 'b', le: 10 }, value: 4 },
      { metricName: 'a_bucket', labels: { kind: 'b', le: '+Inf' }, value: 5 },
      { metricName: 'a_sum', labels: { kind: 'b' }, value: 24.5 },
      { metricName: 'a_count', labels: { kind: 'b' }, value: 5 },
    ]);
  });
});
