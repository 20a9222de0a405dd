import type { SingleBar } from 'cli-progress';
import type { FailedAttempt } from './failure.js';
import type { Ledger } from './ledger.js';
import type { SimulateOptions } from './options.js';
import type { Publisher } from './publisher.js';
import type { Workload } from './workload.js';

export interface Timing {
  readonly seconds: number;
  /** Of each request in milliseconds, ascending: from its first attempt to its answer, retries and waits included. */
  readonly latenciesMs: Float64Array;
}

/** Publishes the whole workload, with so many requests under way at a time. Rejects with the first error of any. */
export async function publishAll(
  workload: Workload,
  publisher: Publisher,
  ledger: Ledger,
  { batch, concurrency }: Pick<SimulateOptions, 'batch' | 'concurrency'>,
  bar: SingleBar,
): Promise<Timing> {
  const latenciesMs = new Float64Array(Math.ceil(workload.size / batch));
  let requests = 0;

  const publishBatch = async (keys: readonly number[]) => {
    const events = keys.map((key) => workload.event(key));
    const onRetry = (failed: FailedAttempt) => {
      ledger.retry(keys, failed);
      bar.update({ retries: ledger.retried });
    };
    const sent = performance.now();
    const verdicts =
      batch === 1
        ? await publisher.publishOne(events[0]!, onRetry)
        : await publisher.publishMany(events, onRetry);
    latenciesMs[requests++] = performance.now() - sent;
    for (const [index, verdict] of verdicts.entries()) ledger.acknowledge(keys[index]!, verdict);
    bar.update(ledger.acknowledged);
  };

  const batches = workload.batches(batch);
  const publishRest = async () => {
    // All take from the one generator, which ends for everyone when one of them fails.
    for (const keys of batches) await publishBatch(keys);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, publishRest));
  const seconds = (performance.now() - started) / 1000;
  return { seconds, latenciesMs: latenciesMs.sort() };
}
