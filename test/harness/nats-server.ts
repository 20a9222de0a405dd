import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withNats } from './nats.js';
import { releaseAtEnd } from './release.js';
import { until } from './until.js';

/** A NATS server with JetStream in a temporary folder. Killed at the end of the test file if it still runs. */
export class NatsServer {
  private process: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nats-'));

  private constructor(
    readonly port: number,
    configuration: string,
  ) {
    writeFileSync(
      join(this.folder, 'server.conf'),
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${this.folder}/store" }\n${configuration}`,
    );
    releaseAtEnd(async () => {
      await this.end('SIGKILL');
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Returns a server that does not run yet, with further lines of its configuration. */
  static async create(configuration = ''): Promise<NatsServer> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    return new NatsServer(port, configuration);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Resolves when JetStream responds. */
  async start(): Promise<void> {
    this.spawn();
    await until(() => withNats(this.url, async () => true).catch(() => false), 'the NATS server responds');
  }

  /** Starts the process without waiting for it. */
  spawn(): void {
    this.process = spawn('nats-server', ['-c', join(this.folder, 'server.conf')], { stdio: 'ignore' });
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  /** Sends a signal and resolves when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}
