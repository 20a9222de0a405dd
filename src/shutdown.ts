import type { INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Health } from './health/health.js';
import type { ServiceLog } from './logger.js';
import { EventQueue } from './queue/event-queue.js';

/** Time to store the accepted events after the delay. */
export const DRAIN_TIMEOUT_SECONDS = 25;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Shuts down at the first SIGTERM or SIGINT, in three steps:
 * 1. Announces the shutdown in the health checks and serves requests for `delayMs`, so that load balancers stop sending
 *    them. A second signal ends this step.
 * 2. Stores the accepted events and closes the connections. Gives up after 25 s and logs the number of lost events.
 * 3. Exits with 0 if every accepted event is stored, otherwise with 1.
 */
export function shutDownOnSignal(
  app: INestApplication,
  { logger: log, exit }: ServiceLog,
  delayMs: number,
): void {
  const signals = new AbortController();
  const stop = async (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping');
    if (delayMs > 0) {
      app.get(Health, { strict: false }).announceShutdown();
      await Promise.race([sleep(delayMs), once(signals.signal, 'abort')]);
    }
    log.info('draining the queue');
    const timer = setTimeout(() => void giveUp(), DRAIN_TIMEOUT_SECONDS * 1000).unref();
    await app.close();
    clearTimeout(timer);
    log.info('stopped');
    exit(0);
  };
  const giveUp = async () => {
    const { depth: lost } = await app.get(EventQueue, { strict: false }).load();
    log.fatal({ lost }, `not drained within ${DRAIN_TIMEOUT_SECONDS} s: accepted events are lost`);
    exit(1);
  };
  let isStopping = false;
  for (const name of SIGNALS) {
    process.on(name, (signal) => {
      if (isStopping) return signals.abort();
      isStopping = true;
      stop(signal).catch((error: unknown) => {
        log.fatal(error, 'stopping failed');
        exit(1);
      });
    });
  }
}
