import type { Registry } from '@prometheus-io/client';
import type { Health } from '../health/health.js';
import type { NdjsonIngest } from '../ingest/ndjson.js';
import type { EventQueue } from '../queue/event-queue.js';
import type { Store } from '../store/store.js';
import type { LiveStreams } from '../stream/live-streams.js';
import { joinedRead } from './joined-read.js';
import { registerMetric, type Sample } from './metric.js';

export interface Sources {
  readonly store: Store;
  readonly queue: EventQueue;
  readonly health: Health;
  readonly streams: LiveStreams;
  readonly lines: NdjsonIngest;
}

/** Registers the totals of the store, which equal `GET /stats`, and the present state of the service. */
export function registerState(registry: Registry, { store, queue, health, streams, lines }: Sources): void {
  const load = joinedRead(() => queue.load());
  const checks = joinedRead(() => store.checks());
  const scope = store.isShared ? ' The same on every replica.' : '';
  registerMetric(
    registry,
    {
      name: 'aggregator_events_total',
      help: `Events received since the store was created, by outcome.${scope}`,
      type: 'counter',
    },
    async () => {
      const { unique_processed, duplicate_dropped, conflicts } = await store.counters();
      return [
        { labels: { outcome: 'stored' }, value: unique_processed },
        { labels: { outcome: 'duplicate' }, value: duplicate_dropped - conflicts },
        { labels: { outcome: 'conflict' }, value: conflicts },
      ];
    },
  );
  gauge('aggregator_last_seq', `Highest seq.${scope}`, async () => [{ value: await store.lastSeq() }]);
  registerMetric(
    registry,
    { name: 'aggregator_ready', help: 'Whether /health/ready returns 200.', type: 'gauge' },
    async () => {
      await health.ready();
      return [{ value: 1 }];
    },
    [{ value: 0 }],
  );

  gauge('aggregator_queue_events', 'Events accepted and not yet stored.', async () => [
    { value: (await load()).depth },
  ]);
  gauge('aggregator_queue_capacity_events', 'Maximum of aggregator_queue_events.', async () => [
    { value: (await load()).capacity },
  ]);
  gauge('aggregator_queue_bytes', 'Memory of these events.', async () => [{ value: (await load()).bytes }]);
  gauge('aggregator_queue_capacity_bytes', 'Maximum of aggregator_queue_bytes.', async () => [
    { value: (await load()).capacityBytes },
  ]);
  gauge(
    'aggregator_broker_events',
    'Events in NATS that are not yet stored. Only with QUEUE_URL.',
    async () => {
      const { broker } = await load();
      return broker ? [{ value: broker.depth }] : [];
    },
  );
  gauge('aggregator_broker_up', 'Whether NATS responds. Only with QUEUE_URL.', async () => {
    const { broker } = await load();
    return broker ? [{ value: broker.problem === undefined ? 1 : 0 }] : [];
  });
  gauge('aggregator_uploads', 'NDJSON uploads in progress.', () => [{ value: lines.uploads }]);

  gauge('aggregator_streams', 'Open event streams.', () => [{ value: streams.count }]);
  gauge('aggregator_stream_lag_events', 'Events that the slowest stream has not sent yet.', () => [
    { value: streams.maxLag() },
  ]);

  gauge('aggregator_store_check', 'State of a check of the store: 1 up, 0.5 degraded, 0 down.', async () =>
    (await checks()).map(({ name: check, status }) => ({
      labels: { check },
      value: CHECK_VALUES[status],
    })),
  );
  if (store.isShared) return;
  const space = joinedRead(() => store.space());
  gauge('aggregator_wal_bytes', 'Bytes in the WAL that SQLite cannot overwrite yet.', async () => {
    const wal = (await checks()).find(({ name }) => name === 'wal');
    return typeof wal?.figures['bytes'] === 'number' ? [{ value: wal.figures['bytes'] }] : [];
  });
  gauge('aggregator_database_bytes', 'Size of the database file.', async () => {
    const found = await space();
    return found ? [{ value: found.storeBytes }] : [];
  });
  gauge('aggregator_disk_free_bytes', 'Free space of the volume of the database.', async () => {
    const found = await space();
    return found ? [{ value: found.freeBytes }] : [];
  });

  function gauge(name: string, help: string, read: () => Sample[] | Promise<Sample[]>): void {
    registerMetric(registry, { name, help, type: 'gauge' }, read);
  }
}

const CHECK_VALUES = { up: 1, degraded: 0.5, down: 0 } as const;
