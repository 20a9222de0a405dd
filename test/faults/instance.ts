import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The service as it was built. */
export const AS_BUILT = fileURLToPath(new URL('../../src/main.js', import.meta.url));

const running = new Set<Instance>();

/** Kills what is still running; for the end of a test file or of a run that failed. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((instance) => instance.end('SIGKILL')));
}

/** One life of the service: a process of its own, on a free port. */
export class Instance {
  /** Where it listens; empty until it is ready. */
  url = '';
  /** What it wrote to stderr. */
  errors = '';
  /** Resolves with its exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  private readonly process: ChildProcess;

  private constructor(main: string, database: string, environment: Readonly<Record<string, string>>) {
    this.process = spawn(process.execPath, [main], {
      env: { PORT: '0', HOST: '127.0.0.1', DATABASE_URL: `sqlite:${database}`, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.process.stderr!.on('data', (text) => (this.errors += text));
    this.exited = once(this.process, 'exit').then(([code]) => {
      running.delete(this);
      return code as number | null;
    });
  }

  /** Resolves once it is ready; rejects with what it said when it ended before. */
  static async start(
    database: string,
    { main = AS_BUILT, environment = {} }: { main?: string; environment?: Record<string, string> } = {},
  ): Promise<Instance> {
    const instance = new Instance(main, database, environment);
    const output = instance.process.stdout!;
    for await (const line of createInterface(output)) {
      const { url } = JSON.parse(line) as { url?: string };
      if (!url) continue;
      output.resume();
      instance.url = url;
      return instance;
    }
    const code = await instance.exited;
    throw new Error(`The service ended before it was ready, with code ${code}: ${instance.errors}`);
  }

  get pid(): number {
    return this.process.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.signal(signal);
    return this.exited;
  }

  /** Resident memory, as Linux counts it. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }

  async status(path: string): Promise<number> {
    const response = await fetch(this.url + path);
    await response.arrayBuffer();
    return response.status;
  }
}
