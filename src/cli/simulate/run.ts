import type { SingleBar } from 'cli-progress';
import type { FailedAttempt } from './failure.js';
import type { Ledger } from './ledger.js';
import type { SimulateOptions } from './options.js';
import type { Publisher } from './publisher.js';
import type { Workload } from './workload.js';

export interface Timing {
  readonly seconds: number;
  /** Latencies of all requests, ascending, from the first attempt to the response, including retries and waits. */
  readonly latenciesMs: Float64Array;
}

/** Publishes the workload with `concurrency` requests in flight. Rejects with the first error. */
export async function publishAll(
  workload: Workload,
  publisher: Publisher,
  ledger: Ledger,
  { batch, concurrency }: Pick<SimulateOptions, 'batch' | 'concurrency'>,
  bar: SingleBar,
): Promise<Timing> {
  const latenciesMs = new Float64Array(Math.ceil(workload.size / batch));
  let requests = 0;

  const publishBatch = async (numbers: readonly number[]) => {
    const events = numbers.map((number) => workload.event(number));
    const onRetry = (failed: FailedAttempt) => {
      ledger.retry(numbers, failed);
      bar.update({ retries: ledger.retried });
    };
    const sent = performance.now();
    const verdicts =
      batch === 1
        ? await publisher.publishOne(events[0]!, onRetry)
        : await publisher.publishMany(events, onRetry);
    latenciesMs[requests++] = performance.now() - sent;
    for (const [index, verdict] of verdicts.entries()) ledger.acknowledge(numbers[index]!, verdict);
    bar.update(ledger.acknowledged);
  };

  const batches = workload.batches(batch);
  const publishRest = async () => {
    // All workers share one generator. If a worker fails, its loop closes the generator and ends the other workers.
    for (const numbers of batches) await publishBatch(numbers);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, publishRest));
  const seconds = (performance.now() - started) / 1000;
  return { seconds, latenciesMs: latenciesMs.sort() };
}
