import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CLOCK_TICKS_PER_SECOND = 100;

/** Returns the CPU time of a process in seconds, without its children. Reads /proc. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** Returns the resident memory of a process in MiB, either its current value (VmRSS) or its maximum (VmHWM). */
export function residentMiB(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const line = new RegExp(`${which}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line![1]) / 1024;
}

export interface EventLoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Runs a server to be measured in its own process. */
export class Server {
  private constructor(
    readonly url: string,
    readonly child: ChildProcess,
  ) {}

  get pid(): number {
    return this.child.pid!;
  }

  /** Starts the compiled service with the event loop probe. */
  static service(database: string, environment: Record<string, string> = {}): Promise<Server> {
    return Server.start('../src/main.js', {
      DATABASE_URL: `sqlite:${database}`,
      LOG_LEVEL: 'info',
      ...environment,
    });
  }

  /** Starts the compiled service on a PostgreSQL database. */
  static replica(databaseUrl: string, environment: Record<string, string> = {}): Promise<Server> {
    return Server.start('../src/main.js', { DATABASE_URL: databaseUrl, LOG_LEVEL: 'info', ...environment });
  }

  /** Starts Fastify alone, the limit for single events. */
  static fastify(): Promise<Server> {
    return Server.start('./limit-fastify.js', {});
  }

  private static async start(file: string, environment: Record<string, string>): Promise<Server> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      env: { ...process.env, PORT: '0', HOST: '127.0.0.1', ...environment },
      execArgv: ['--import', new URL('./event-loop-probe.js', import.meta.url).href],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    // The server must not outlive the benchmark.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout!.on('data', (text: Buffer) => {
        const found = /"url":"([^"]+)"/.exec(text.toString());
        if (!found) return;
        resolve(found[1]!);
        // Drains the log without parsing it. A full pipe would block the server, and parsing would use the measured
        // cores.
        child.stdout!.removeAllListeners('data').resume();
      });
      child.once('exit', (code) => reject(new Error(`${file} exited with code ${code}`)));
    });
    return new Server(url, child);
  }

  /** Resolves with the event loop delay since the last call. */
  async eventLoopDelay(): Promise<EventLoopDelay> {
    this.child.send('event-loop-delay');
    return ((await once(this.child, 'message')) as [EventLoopDelay])[0];
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(this.url + path)).json()) as T;
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }
}
