#!/usr/bin/env node
/** The program: selects a command and loads its module only. The service is the command `serve`. */
import { CommandError, EXIT, UsageError } from './command.js';
import { COMMANDS, DEFAULT_COMMAND, EXIT_CODES, HELP } from './commands.js';

// npx does not pass --enable-source-maps.
process.setSourceMapsEnabled(true);

async function main([name = DEFAULT_COMMAND, ...args]: string[]): Promise<number | undefined> {
  if (name === '--help' || name === '-h' || name === 'help') return print(`${HELP}\n\n${EXIT_CODES}`);
  if (name === '--version') {
    const { VERSION } = await import('../version.js');
    return print(VERSION);
  }
  // An option without a command belongs to the default command.
  if (name.startsWith('-')) return run(DEFAULT_COMMAND, [name, ...args]);
  return run(name, args);
}

async function run(name: string, args: string[]): Promise<number | undefined> {
  const entry = COMMANDS.get(name);
  if (!entry)
    throw new UsageError(`"${name}" is not a command. The commands are ${[...COMMANDS.keys()].join(', ')}.`);
  const command = await entry.load();
  if (args.includes('--help') || args.includes('-h')) return print(`${command.HELP}\n\n${EXIT_CODES}`);
  return command.run(args);
}

function print(text: string): number {
  console.log(text);
  return EXIT.ok;
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n--help lists the options.`);
  else if (error instanceof CommandError) console.error(error.message);
  else throw error;
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
