import { join } from 'node:path';
import { aDirectory } from '../harness/database.js';
import { Service } from '../harness/service.js';
import type { Finding } from './findings.js';
import type { Attempt } from './history.js';
import { judge } from './judge.js';
import { Load } from './load.js';
import { readBack, type StoredEventDto } from './readback.js';
import { Workload } from './workload.js';

export interface TrialOptions {
  readonly seed?: number;
  /** Of every life of the service. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A new folder if none is given. */
  readonly directory?: string;
}

/** One database and everything that was ever sent to it, over as many lives of the service as it takes. */
export class Trial {
  readonly history: Attempt[] = [];
  readonly workload: Workload;
  readonly directory: string;
  service!: Service;
  private readonly environment: Readonly<Record<string, string>>;
  private rows: readonly StoredEventDto[] = [];
  private lifeBegan = 0;

  constructor({ seed = 1, environment = {}, directory = aDirectory() }: TrialOptions = {}) {
    this.workload = new Workload(seed);
    this.directory = directory;
    this.environment = environment;
  }

  get database(): string {
    return join(this.directory, 'events.db');
  }

  get wal(): string {
    return `${this.database}-wal`;
  }

  /** The index of the WAL. */
  get shm(): string {
    return `${this.database}-shm`;
  }

  /** Starts the next life of the service. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<Service> {
    this.lifeBegan = this.history.length;
    this.service = await Service.start({ ...this.environment, ...environment }, this.database);
    return this.service;
  }

  load(publishers = 16): Load {
    return new Load(this.service.url, this.workload, this.history, publishers);
  }

  /** Holds this life to its 202s: it ended in order, or had time to store them. */
  expectQueued(): void {
    for (const { answer } of this.history.slice(this.lifeBegan))
      if (answer.kind === 'queued') answer.due = true;
  }

  /** Holds this life to an orderly end: everything it accepted is stored, and what had no response left no trace. */
  expectOrderlyEnd(): void {
    this.expectQueued();
    for (const attempt of this.history.slice(this.lifeBegan))
      if (attempt.answer.kind === 'unknown') attempt.answer = { kind: 'refused', status: 0 };
  }

  /** Reads the rows that are new since the last time, or all of them again, and judges the whole history. */
  async findings({ thorough = true } = {}): Promise<Finding[]> {
    const earlier = thorough ? [] : this.rows;
    const readback = await readBack(this.service, this.database, { earlier, thorough });
    this.rows = readback.rows;
    return judge(this.history, readback);
  }
}
