import { setMaxListeners } from 'node:events';
import { EXIT } from '../command.js';
import { audit } from './audit.js';
import { Client } from './client.js';
import { PublishingError } from './failure.js';
import { Ledger } from './ledger.js';
import { type SimulateOptions, readOptions } from './options.js';
import { progressBar } from './progress.js';
import { Publisher } from './publisher.js';
import { report } from './report.js';
import { publishAll } from './run.js';
import { Workload } from './workload.js';

export { HELP } from './options.js';

async function simulate(options: SimulateOptions): Promise<number> {
  const stop = new AbortController();
  // Each request in flight adds a listener, so more than ten listeners are not a leak.
  setMaxListeners(0, stop.signal);
  let signalled: 'SIGINT' | 'SIGTERM' | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      signalled = signal;
      stop.abort();
    });
  }

  const workload = new Workload(options);
  const ledger = new Ledger(workload.distinct);
  const client = new Client(options.urls, options.concurrency, stop.signal, options.key);
  const publisher = new Publisher(client, stop.signal);
  const bar = progressBar();
  try {
    const before = await publisher.firstStats((reason) =>
      console.error(`The service at ${options.urls[0]!.href} is not available (${reason}). Retrying.`),
    );
    bar.start(workload.size, 0, { retries: 0 });
    const timing = await publishAll(workload, publisher, ledger, options, bar);
    bar.stop();
    const audited = audit(workload, ledger, before, await publisher.stats());
    console.log(report(workload, ledger, timing, audited));
    for (const inconsistency of audited.inconsistencies) console.error(`Inconsistent: ${inconsistency}.`);
    return audited.inconsistencies.length === 0 ? EXIT.ok : EXIT.failed;
  } catch (error) {
    bar.stop();
    if (!signalled && !(error instanceof PublishingError)) throw error;
    console.error(signalled ? `Stopped by ${signalled}.` : (error as PublishingError).message);
    console.error(`${ledger.acknowledged} of ${workload.size} events were acknowledged.`);
    return signalled ? EXIT[signalled] : EXIT.failed;
  } finally {
    // Requests and timers in flight would keep the process alive.
    stop.abort();
    client.close();
  }
}

/** Publishes a workload and checks the totals. */
export async function run(args: string[]): Promise<number> {
  return simulate(readOptions(args));
}
