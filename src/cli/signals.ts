import { setMaxListeners } from 'node:events';
import { EXIT } from './command.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the work of a command. SIGINT and SIGTERM abort its signal, so that it can remove temporary files and report its
 * position. If it rejects then, resolves with the exit code of the signal.
 */
export async function untilSignal(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let received: (typeof SIGNALS)[number] | undefined;
  const stop = (name: NodeJS.Signals) => {
    received ??= name as (typeof SIGNALS)[number];
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!received) throw error;
    console.error(`Stopped by ${received}.`);
    return EXIT[received];
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}
