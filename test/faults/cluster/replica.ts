import { PostgresProxy } from '../../harness/postgres-proxy.js';
import { releaseAtEnd } from '../../harness/release.js';
import { Service } from '../../harness/service.js';
import type { Attempt } from '../history.js';
import { Load, type RequestSource } from '../load.js';

/** A replica of the service behind a proxy to the database, and its publishers. */
export class Replica {
  service!: Service;
  /** Requests of this replica since `takeHistory`. */
  private history: Attempt[] = [];
  private loads: Load[] = [];
  private startLoad: (() => Load) | undefined;
  /** Whether the replica ended without storing what its queue in memory held. */
  private hasLostQueue = false;

  private constructor(
    readonly proxy: PostgresProxy,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(databaseUrl: string, environment: Readonly<Record<string, string>>): Promise<Replica> {
    const proxy = await PostgresProxy.start(databaseUrl);
    releaseAtEnd(() => proxy.stop());
    const replica = new Replica(proxy, environment);
    await replica.start();
    return replica;
  }

  /** Number of events in requests with a 200 since `takeHistory`. */
  get acknowledged(): number {
    return this.loads.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Longest time of a request since `takeHistory`. */
  get longestMs(): number {
    return Math.max(0, ...this.loads.flatMap(({ latenciesMs }) => Object.values(latenciesMs).flat()));
  }

  /** Starts the service, also again after it has ended, and its publishers with it. */
  async start(): Promise<void> {
    this.service = await Service.start({ ...this.environment, DATABASE_URL: this.proxy.url });
    if (this.startLoad) this.loads.push(this.startLoad());
  }

  async kill(): Promise<void> {
    this.hasLostQueue = true;
    await this.service.end('SIGKILL');
  }

  /** Starts publishers. They stop when the service ends, and start again with it. */
  publish(source: RequestSource, publishers: number): void {
    this.startLoad = () => new Load(this.service.url, source, this.history, publishers);
    this.loads.push(this.startLoad());
  }

  async stopPublishing(): Promise<void> {
    this.startLoad = undefined;
    await Promise.all(this.loads.map((load) => load.stop()));
  }

  /** Returns the requests since the last call, and whether the queue was lost meanwhile. */
  takeHistory(): { readonly history: readonly Attempt[]; readonly hasLostQueue: boolean } {
    const { history, hasLostQueue } = this;
    this.history = [];
    this.loads = [];
    this.hasLostQueue = false;
    return { history, hasLostQueue };
  }
}
