import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from './client.js';
import { aDatabase } from './database.js';
import { releaseAtEnd } from './release.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** The service in a separate process on a free port. Killed at the end of the test file if it still runs. */
export class Service extends Client {
  private constructor(
    url: string,
    readonly database: string,
    readonly process: ChildProcess,
    /** Lines that the service has logged so far, each a JSON object. */
    readonly log: readonly string[],
    /** Resolves with the exit code, or null after a signal. */
    readonly exited: Promise<number | null>,
  ) {
    super(url);
  }

  /** Resolves when the service is ready; rejects with its exit code and stderr if it ends first. */
  static async start(environment: Record<string, string> = {}, database = aDatabase()): Promise<Service> {
    const child = spawnService(database, environment);
    const exited = once(child, 'close').then(([code]) => code as number | null);
    const log: string[] = [];
    let errors = '';
    child.stderr!.on('data', (text) => (errors += text));
    const url = await new Promise<string | undefined>((resolve) => {
      const output = createInterface(child.stdout!).on('close', () => resolve(undefined));
      output.on('line', (line) => {
        log.push(line);
        const ready = /"url":"([^"]+)"/.exec(line);
        if (ready) resolve(ready[1]);
      });
    });
    if (url !== undefined) return new Service(url, database, child, log, exited);
    throw new Error(`The service ended before it was ready, with code ${await exited}: ${errors}`);
  }

  /** Starts the service again on the same database; this process must have ended. */
  restart(environment: Record<string, string> = {}): Promise<Service> {
    return Service.start(environment, this.database);
  }

  /** Sends a signal; resolves with the exit code, or null after a signal that cannot be caught. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.exited;
  }

  /** Returns the resident memory (VmRSS) of the process. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }
}

/** Starts the program, and kills it at the end if it still runs. */
export function spawnService(database: string, environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: { PORT: '0', HOST: '127.0.0.1', DATABASE_URL: `sqlite:${database}`, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  releaseAtEnd(() => {
    child.kill('SIGKILL');
    return exited;
  });
  return child;
}
