import type { Registry } from '@prometheus-io/client';
import { readdir } from 'node:fs/promises';
import { VERSION } from '../version.js';
import { Distribution } from './distribution.js';
import { type MetricInfo, registerMetric, type Sample } from './metric.js';

const DELAY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const DELAY_INTERVAL_MS = 20;
const MICROSECONDS = 1_000_000;

/**
 * Registers figures of the process, with the names that Prometheus recommends. The default metrics of the client are not
 * used, because `promtool check metrics` rejects some of their names. Returns a function that stops measuring.
 */
export function registerProcess(registry: Registry, store: 'sqlite' | 'postgres'): () => void {
  const startedAt = Date.now() / 1000 - process.uptime();
  const delays = new Distribution(DELAY_SECONDS);
  let expected = performance.now() + DELAY_INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delays.observe(Math.max(0, now - expected) / 1000);
    expected = now + DELAY_INTERVAL_MS;
  }, DELAY_INTERVAL_MS).unref();

  const delayName = 'nodejs_eventloop_delay_seconds';
  add({ name: delayName, help: 'Delay of a timer of 20 ms.', type: 'histogram' }, () =>
    delays.samples(delayName),
  );
  gauge('nodejs_heap_size_used_bytes', 'Used heap of V8.', () => process.memoryUsage().heapUsed);
  gauge(
    'nodejs_external_memory_bytes',
    'Memory of buffers outside the heap.',
    () => process.memoryUsage().external,
  );
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'Start time of the process since 1970.', () => startedAt);
  add({ name: 'process_cpu_seconds_total', help: 'User and system CPU time.', type: 'counter' }, () => {
    const { user, system } = process.cpuUsage();
    return [{ value: (user + system) / MICROSECONDS }];
  });
  // Has no value on systems without /proc.
  add({ name: 'process_open_fds', help: 'Open file descriptors.', type: 'gauge' }, async () => [
    { value: (await readdir('/proc/self/fd')).length },
  ]);
  add({ name: 'aggregator_build_info', help: 'Versions, in the labels.', type: 'gauge' }, () => [
    { value: 1, labels: { version: VERSION, node: process.versions.node, store } },
  ]);
  return () => clearInterval(timer);

  function add(info: MetricInfo, read: () => Sample[] | Promise<Sample[]>): void {
    registerMetric(registry, info, read);
  }
  function gauge(name: string, help: string, read: () => number): void {
    add({ name, help, type: 'gauge' }, () => [{ value: read() }]);
  }
}
