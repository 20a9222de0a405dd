import type { Sample } from './metric.js';

/**
 * Counts observations by size, for a histogram. The histogram of the client library takes 1 µs for an observation, which
 * is 2 % of a request.
 */
export class Distribution {
  private readonly counts: Float64Array;
  private sum = 0;

  /** `bounds` are the upper bounds of the buckets, in ascending order. */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    this.counts[index]!++;
    this.sum += value;
  }

  /** Returns the samples of a histogram: cumulative buckets, the sum and the count. */
  samples(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const samples: Sample[] = [];
    let count = 0;
    for (const [index, own] of this.counts.entries()) {
      count += own;
      const le = this.bounds[index] ?? '+Inf';
      samples.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count });
    }
    samples.push({ metricName: `${name}_sum`, labels, value: this.sum });
    samples.push({ metricName: `${name}_count`, labels, value: count });
    return samples;
  }
}
