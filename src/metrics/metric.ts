import type { Metric, Registry } from '@prometheus-io/client';
import { limitedRead } from './limited-read.js';

/** One value of a metric, with the labels that distinguish it from the others. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string | number>>;
  /** Name of the series, if it is not that of the metric: that of a bucket, a sum or a count. */
  readonly metricName?: string;
}

export interface MetricInfo {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
}

/**
 * Registers a metric whose values are read at each scrape, so that nothing is counted twice and the hot path pays
 * nothing. If they cannot be read in time, the metric has the values `fallback` in this scrape.
 */
export function registerMetric(
  registry: Registry,
  info: MetricInfo,
  read: () => readonly Sample[] | Promise<readonly Sample[]>,
  fallback: readonly Sample[] = [],
): void {
  const readInTime = limitedRead(read);
  const metric = {
    ...info,
    get: async () => {
      try {
        return { ...info, values: await readInTime() };
      } catch {
        return { ...info, values: fallback };
      }
    },
  };
  // The registry calls no other member.
  registry.registerMetric(metric as unknown as Metric<string>);
}
