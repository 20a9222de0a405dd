import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Exit codes of every command. A signal gives 128 and its number, as in a shell. */
export const EXIT = { ok: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

/** A command of the program: a module that is loaded when the command is used. */
export interface Command {
  /** Text of `--help`, without the exit codes that all commands share. */
  readonly HELP: string;

  /**
   * Runs the command. Resolves with the exit code, or with undefined if the process goes on. Rejects with `UsageError` or
   * `CommandError`, whose messages are for the operator.
   */
  run(args: string[]): Promise<number | undefined>;
}

/** Wrong usage: unknown options, invalid values, or a command that does not apply. Exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** Failure that the operator can correct. Exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** Parses the arguments of a command. Throws `UsageError`. */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message.replaceAll('\n', ' '), { cause: error });
  }
}

/** Returns the only positional argument. Throws `UsageError` if there is none or another one. */
export function onlyPositional(positionals: readonly string[], name: string): string {
  const [value, ...rest] = positionals;
  if (value === undefined || value === '') throw new UsageError(`${name} is required.`);
  if (rest.length > 0) throw new UsageError(`Only one ${name} is possible; "${rest[0]}" is another one.`);
  return value;
}
