import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { releaseAtEnd } from './release.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Result {
  /** The exit code, or null after a signal that was not handled. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly result: Promise<Result>;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The standard input; empty if absent. */
  readonly input?: string | Buffer;
}

/** Starts a command of the program, and kills it at the end if it still runs. */
export function startProgram(args: readonly string[], { env, cwd, input }: ProgramOptions = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: 'pipe',
  });
  releaseAtEnd(() => void child.kill('SIGKILL'));
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  // The program may end before it has read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const result = once(child, 'close').then(([code]) => ({ code: code as number | null, output, errors }));
  return { process: child, result };
}

/** Runs a command of the program. Resolves with its exit code and its output. */
export function runProgram(args: readonly string[], options?: ProgramOptions): Promise<Result> {
  return startProgram(args, options).result;
}
