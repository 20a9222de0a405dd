import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './findings.js';
import type { Attempt } from './history.js';
import { Instance } from './instance.js';
import { judge } from './judge.js';
import { Load } from './load.js';
import { readBack } from './readback.js';
import { Workload } from './workload.js';
import type { StoredEventDto } from '../../src/query/events.dto.js';

export interface TrialOptions {
  readonly seed?: number;
  /** main.js of the build under trial. */
  readonly main?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder of its own if none is given. */
  readonly directory?: string;
}

/** One database and everything that was ever sent to it, over as many lives of the service as it takes. */
export class Trial {
  readonly history: Attempt[] = [];
  readonly workload: Workload;
  readonly directory: string;
  service!: Instance;
  private readonly ownsDirectory: boolean;
  private readonly main: string | undefined;
  private readonly environment: Readonly<Record<string, string>>;
  private rows: readonly StoredEventDto[] = [];
  private lifeBegan = 0;

  constructor({ seed = 1, main, environment = {}, directory }: TrialOptions = {}) {
    this.workload = new Workload(seed);
    this.ownsDirectory = directory === undefined;
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'aggregator-trial-'));
    this.main = main;
    this.environment = environment;
  }

  get database(): string {
    return join(this.directory, 'events.db');
  }

  get wal(): string {
    return `${this.database}-wal`;
  }

  /** The index of the write-ahead log. */
  get shm(): string {
    return `${this.database}-shm`;
  }

  /** The next life: of the build under trial, or of another one. */
  async start({ main = this.main, environment = {} }: TrialOptions = {}): Promise<Instance> {
    this.lifeBegan = this.history.length;
    this.service = await Instance.start(this.database, {
      ...(main && { main }),
      environment: { ...this.environment, ...environment },
    });
    return this.service;
  }

  load(publishers = 16): Load {
    return new Load(this.service.url, this.workload, this.history, publishers);
  }

  /** What this life answered 202 has no excuse: it ended in order, or had time to store it. */
  expectQueued(): void {
    for (const { answer } of this.history.slice(this.lifeBegan))
      if (answer.kind === 'queued') answer.due = true;
  }

  /** Reads the rows that are new since the last time, or all of them again, and judges the whole history. */
  async findings({ thorough = true } = {}): Promise<Finding[]> {
    const earlier = thorough ? [] : this.rows;
    const readback = await readBack(this.service.url, this.database, { earlier, thorough });
    this.rows = readback.rows;
    return judge(this.history, readback);
  }

  async end(): Promise<void> {
    await this.service.end('SIGKILL');
    this.remove();
  }

  /** Removes the folder, if it is its own. */
  remove(): void {
    if (this.ownsDirectory) rmSync(this.directory, { recursive: true, force: true });
  }
}
