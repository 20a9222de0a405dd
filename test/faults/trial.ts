import { join } from 'node:path';
import { aDirectory } from '../harness/database.js';
import { Service } from '../harness/service.js';
import type { Finding } from './findings.js';
import type { Attempt } from './history.js';
import { judge } from './judge.js';
import { Load } from './load.js';
import { readBack, readDatabaseFile, type StoredEventDto } from './readback.js';
import { Workload } from './workload.js';

export interface TrialOptions {
  readonly seed?: number;
  /** Environment variables for every run of the service. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder of the database; a new one by default. */
  readonly directory?: string;
}

/** A database and the history of its requests, over any number of runs of the service. */
export class Trial {
  readonly history: Attempt[] = [];
  readonly workload: Workload;
  readonly directory: string;
  service!: Service;
  private readonly environment: Readonly<Record<string, string>>;
  private rows: readonly StoredEventDto[] = [];
  private runBegan = 0;

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

  /** Path of the WAL index. */
  get shm(): string {
    return `${this.database}-shm`;
  }

  /** Starts the next run of the service. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<Service> {
    this.runBegan = this.history.length;
    this.service = await Service.start({ ...this.environment, ...environment }, this.database);
    return this.service;
  }

  load(publishers = 16): Load {
    return new Load(this.service.url, this.workload, this.history, publishers);
  }

  /**
   * Requires that every event with a 202 in this run is stored. Called after a graceful shutdown or with an empty
   * queue.
   */
  expectQueued(): void {
    for (const { result } of this.history.slice(this.runBegan))
      if (result.kind === 'queued') result.due = true;
  }

  /** Requires that this run stored every accepted event, and no event of a request without a response. */
  expectGracefulShutdown(): void {
    this.expectQueued();
    for (const attempt of this.history.slice(this.runBegan))
      if (attempt.result.kind === 'unknown') attempt.result = { kind: 'rejected', status: 0 };
  }

  /** Judges the whole history. Reads all rows if `thorough`, otherwise only those since the last call. */
  async findings({ thorough = true } = {}): Promise<Finding[]> {
    const earlier = thorough ? [] : this.rows;
    const readback = await readBack(this.service, () => readDatabaseFile(this.database, thorough), earlier);
    this.rows = readback.rows;
    return judge(this.history, readback);
  }
}
