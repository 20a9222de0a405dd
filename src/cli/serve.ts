import { readArguments } from './command.js';

export const HELP = `Starts the service. Environment variables configure it: see the README. It stops after SIGTERM or SIGINT.

  pubsub-log-aggregator [serve]`;

/** Starts the service. Resolves when it is ready; its signal handlers end the process. */
export async function run(args: string[]): Promise<undefined> {
  readArguments({ args, options: {} });
  await import('../main.js');
}
