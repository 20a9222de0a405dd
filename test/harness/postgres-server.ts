import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aDirectory } from './database.js';
import { releaseAtEnd } from './release.js';

const DEBIAN = '/usr/lib/postgresql';
const run = promisify(execFile);

/** A PostgreSQL server of its own, for tests that stop it. */
export class PostgresServer {
  private constructor(
    private readonly directory: string,
    readonly port: number,
  ) {}

  /** Creates a database cluster in a new folder and starts the server on a free port. */
  static async start(): Promise<PostgresServer> {
    const server = await PostgresServer.create();
    await server.run('initdb', '--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync');
    await server.restart();
    return server;
  }

  private static async create(): Promise<PostgresServer> {
    const directory = aDirectory();
    if (isRoot()) {
      const id = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
      chownSync(directory, id('-u'), id('-g'));
    }
    const server = new PostgresServer(directory, await freePort());
    releaseAtEnd(() => server.stop('immediate').catch(() => {}));
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Creates a standby of this server and starts it. */
  async standby(): Promise<PostgresServer> {
    const standby = await PostgresServer.create();
    const from = `host=127.0.0.1 port=${this.port} user=postgres`;
    await standby.run(
      'pg_basebackup',
      '--write-recovery-conf',
      `--dbname=${from}`,
      '--checkpoint=fast',
      '--no-sync',
    );
    await standby.restart();
    return standby;
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    await this.run('pg_ctl', 'promote', '--wait');
  }

  /** `immediate` ends the server without a checkpoint, as a crash does. */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    await this.run('pg_ctl', 'stop', '--wait', `--mode=${mode}`);
  }

  async restart(): Promise<void> {
    const options = `-p ${this.port} -k ${this.directory} -c listen_addresses=127.0.0.1 -c max_connections=200`;
    await this.run(
      'pg_ctl',
      'start',
      '--wait',
      `--log=${join(this.directory, 'log')}`,
      `--options=${options}`,
    );
  }

  /** The server refuses to run as root. */
  private async run(program: string, ...args: string[]): Promise<void> {
    const command = [binary(program), ...args, `--pgdata=${join(this.directory, 'data')}`];
    const [file, ...rest] = isRoot() ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    await run(file!, rest, { cwd: this.directory });
  }
}

function isRoot(): boolean {
  return userInfo().uid === 0;
}

/** Debian does not have the programs of the server in the PATH. */
function binary(program: string): string {
  try {
    const newest = readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a))[0]!;
    return join(DEBIAN, newest, 'bin', program);
  } catch {
    return program;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
