import type { Command } from './command.js';

/** A command by its name. */
interface Entry {
  /** One line for `--help`. */
  readonly summary: string;
  /** Loads the module, so that no command loads the code of another one. */
  readonly load: () => Promise<Command>;
}

export const DEFAULT_COMMAND = 'serve';

export const COMMANDS: ReadonlyMap<string, Entry> = new Map([
  ['serve', { summary: 'starts the service (default)', load: () => import('./serve.js') }],
  [
    'simulate',
    {
      summary: 'publishes events with repeats and checks the totals',
      load: () => import('./simulate/command.js'),
    },
  ],
  ['backup', { summary: 'copies the database of a running service', load: () => import('./backup.js') }],
  ['restore', { summary: 'puts a backup in the place of the database', load: () => import('./restore.js') }],
  ['verify', { summary: 'checks a database or a backup', load: () => import('./verify.js') }],
  ['export', { summary: 'writes the events of a service as NDJSON', load: () => import('./export.js') }],
  ['import', { summary: 'publishes NDJSON to a service', load: () => import('./import.js') }],
  ['keys', { summary: 'creates an API key and its hash', load: () => import('./keys.js') }],
  ['openapi', { summary: 'writes the OpenAPI document', load: () => import('./openapi.js') }],
]);

export const HELP = `Stores events exactly once.

  pubsub-log-aggregator [COMMAND] [OPTIONS]

${[...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`).join('\n')}

  --help      describes the program, or the command before it
  --version   prints the version

Environment variables configure the service: see the README.`;

/** Ends the help of the program and of each command. */
export const EXIT_CODES =
  'Exit code: 0 success, 1 failure or finding, 2 wrong usage, 130 SIGINT, 143 SIGTERM.';
