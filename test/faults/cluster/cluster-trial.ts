import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { NatsServer } from '../../harness/nats-server.js';
import { PostgresServer } from '../../harness/postgres-server.js';
import { until } from '../../harness/until.js';
import type { Find, Finding } from '../findings.js';
import type { Attempt } from '../history.js';
import { judge } from '../judge.js';
import { readBack, type Readback, readPostgres, type StoredEventDto } from '../readback.js';
import { Workload } from '../workload.js';
import type { ClusterFault } from './cluster-faults.js';
import { type Rewrite, rewriteCommit } from './cluster-mutants.js';
import { type CursorReader, PageReader, StreamReader } from './cursor-readers.js';
import { Replica } from './replica.js';

/** Number of events with a verdict that show that publishers are served. */
const PROGRESS = 100;
/** Maximum time until every reader has every event. Detects a reader that misses some. */
const READ_LIMIT_MS = 60_000;

export interface ClusterTrialOptions {
  readonly seed: number;
  readonly replicas: number;
  /** Publishers of each replica. */
  readonly publishers: number;
  /** Whether a NATS server keeps the submissions that are acknowledged with 202. */
  readonly hasBroker: boolean;
  /** Environment variables for every replica. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes the cluster a mutant. */
  readonly rewrite?: Rewrite | undefined;
}

/** Replicas on a PostgreSQL server of their own, their publishers and readers, and the history of their requests. */
export class ClusterTrial {
  readonly history: Attempt[] = [];
  private readonly workload: Workload;
  private readonly readers: readonly CursorReader[];
  private rows: readonly StoredEventDto[] = [];

  private constructor(
    readonly server: PostgresServer,
    readonly broker: NatsServer | undefined,
    readonly replicas: readonly Replica[],
    private readonly options: ClusterTrialOptions,
  ) {
    this.workload = new Workload(options.seed);
    this.readers = replicas.flatMap((replica, index) => [
      new StreamReader(replica, `subscriber of replica ${index}`),
      new PageReader(replica, `page reader of replica ${index}`),
    ]);
  }

  static async start(options: ClusterTrialOptions): Promise<ClusterTrial> {
    const server = await PostgresServer.start();
    const broker = options.hasBroker ? await NatsServer.create() : undefined;
    await broker?.start();
    const environment = { ...options.environment, ...(broker && { QUEUE_URL: broker.url }) };
    const replicas = await Promise.all(
      Array.from({ length: options.replicas }, () => Replica.start(server.url, environment)),
    );
    if (options.rewrite) await rewriteCommit(server.url, options.rewrite);
    return new ClusterTrial(server, broker, replicas, options);
  }

  /** Publishes, lets the fault strike at a random time, and stops publishing after some progress. */
  async cycle(fault: ClusterFault, random: () => number): Promise<{ readonly longestMs: number }> {
    for (const replica of this.replicas) replica.publish(this.workload, this.options.publishers);
    await this.progress();
    await sleep(random() * 500);
    await fault(this, random);
    await this.progress();
    await Promise.all(this.replicas.map((replica) => replica.stopPublishing()));
    const longestMs = Math.max(...this.replicas.map((replica) => replica.longestMs));
    for (const replica of this.replicas) {
      const { history, hasLostQueue } = replica.takeHistory();
      for (const attempt of history) {
        if (attempt.result.kind === 'queued') attempt.result.due = !hasLostQueue || this.options.hasBroker;
        this.history.push(attempt);
      }
    }
    return { longestMs };
  }

  pick(random: () => number): Replica {
    return this.replicas[Math.floor(random() * this.replicas.length)]!;
  }

  /** Resolves when the publishers of the other replicas together have received more verdicts. */
  async progress(except?: Replica): Promise<void> {
    const others = this.replicas.filter((replica) => replica !== except);
    const acknowledged = () => others.reduce((sum, replica) => sum + replica.acknowledged, 0);
    const before = acknowledged();
    await until(() => acknowledged() >= before + PROGRESS, 'publishers receive verdicts');
  }

  /** Judges the whole history. Compares all rows of all replicas if `thorough`. */
  async findings({ thorough = true } = {}): Promise<Finding[]> {
    const earlier = thorough ? [] : this.rows;
    const [first, ...others] = this.replicas.map(({ service }) => service);
    // A replica knows what the others have sent to the broker half a second later.
    for (const { service } of this.replicas)
      await until(async () => (await service.stats()).queue_depth === 0, 'the queue is empty');
    const readTables = () => readPostgres(this.server.url);
    const readback = await readBack(first!, readTables, earlier);
    this.rows = readback.rows;
    const findings = judge(this.history, readback);
    const find: Find = (kind, detail) => void findings.push({ kind, detail });
    for (const service of others) {
      compare(readback, await readBack(service, readTables, earlier), find);
    }
    if (findings.length === 0) await this.waitForReaders();
    for (const reader of this.readers) for (const fault of reader.faults) find('reader misled', fault);
    return findings;
  }

  async stop(): Promise<void> {
    for (const reader of this.readers) reader.stop();
    await Promise.all(this.replicas.map(({ service }) => service.end('SIGKILL')));
    await this.server.stop('immediate');
    await this.broker?.end('SIGKILL');
  }

  private async waitForReaders(): Promise<void> {
    const lastSeq = this.rows.at(-1)?.seq ?? 0;
    for (const reader of this.readers) {
      await until(() => reader.cursor >= lastSeq, 'the reader has every event', READ_LIMIT_MS).catch(() =>
        reader.faults.push(`${reader.name}: ends at seq ${reader.cursor} of ${lastSeq}`),
      );
    }
  }
}

function compare(expected: Readback, actual: Readback, find: Find): void {
  const { queue_depth: _expectedDepth, ...totals } = expected.stats;
  const { queue_depth: _actualDepth, ...others } = actual.stats;
  for (const [name, total] of Object.entries(totals)) {
    const other = others[name as keyof typeof others];
    if (name !== 'uptime' && !isDeepStrictEqual(other, total))
      find('replicas differ', `${name} is ${JSON.stringify(other)} and ${JSON.stringify(total)}`);
  }
  if (!isDeepStrictEqual(actual.rows, expected.rows))
    find('replicas differ', `${actual.rows.length} and ${expected.rows.length} rows, or their contents`);
}
