import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { NatsServer } from '../test/harness/nats-server.js';
import { createDatabase, dropDatabase, execute } from '../test/harness/postgres.js';
import { event, payloadText } from './events.js';
import { pgbenchAlone, postgresAlone } from './limit-postgres.js';
import { freshRun, type Load, saturate } from './load.js';
import { Server } from './process.js';
import { median, type Report } from './report.js';
import { type Run, WARM_UP_SECONDS } from './throughput.js';

const REPLICAS = 3;
const DELIVERIES = 500;
const BATCHES = { batch: 1000, connections: 9, mix: 'new' } as const;
/** The broker accepts more than a replica stores. The queue must not be full before the end. */
const LARGE_QUEUE = { QUEUE_CAPACITY: '100000000', QUEUE_CAPACITY_BYTES: '8000000000' };
const SINGLES = { batch: 1, connections: 64, mix: 'new' } as const;

/** Measures replicas on one PostgreSQL database, and what the database does without them. */
export async function cluster(run: Run, report: Report): Promise<void> {
  await compare(run, report, {
    title: 'Batches of 1000 in PostgreSQL, compared with its own INSERT … ON CONFLICT by one client',
    load: BATCHES,
    limit: (url) => postgresAlone(url, run.seconds),
  });
  await compare(run, report, {
    title: 'One event per request in PostgreSQL, compared with pgbench, 64 connections',
    load: SINGLES,
    limit: (url) => pgbenchAlone(url, SINGLES.connections, run.seconds, run.scratch),
  });
  await throughBroker(run, report);
  await delivery(report);
}

interface Comparison {
  readonly title: string;
  readonly load: Omit<Load, 'url' | 'seconds'>;
  /** Returns the rows per second that the database alone stores. */
  readonly limit: (databaseUrl: string) => Promise<number>;
}

/** Measures the limit, one replica and three in turn, each time on a new database. */
async function compare(run: Run, report: Report, { title, load, limit }: Comparison): Promise<void> {
  const rounds: { limit: number; one: number; three: number }[] = [];
  for (let round = 0; round < run.rounds; round++) {
    rounds.push({
      limit: await withDatabase(limit),
      one: await withDatabase((url) => throughput(run, url, 1, load)),
      three: await withDatabase((url) => throughput(run, url, REPLICAS, load)),
    });
  }
  report.table(title)({
    'PostgreSQL rows/s': median(rounds.map((round) => round.limit)),
    'one replica events/s': median(rounds.map(({ one }) => one)),
    'ratio to PostgreSQL': median(rounds.map((round) => round.one / round.limit)),
    'three replicas events/s': median(rounds.map(({ three }) => three)),
    'ratio to one replica': median(rounds.map(({ one, three }) => three / one)),
  });
}

async function throughput(
  run: Run,
  databaseUrl: string,
  count: number,
  load: Omit<Load, 'url' | 'seconds'>,
): Promise<number> {
  const replicas = await startReplicas(databaseUrl, count);
  const connections = Math.ceil(load.connections / count);
  const measure = async (seconds: number) => {
    const results = replicas.map(({ url }) => saturate({ ...load, url, connections, seconds }));
    return (await Promise.all(results)).reduce((sum, { eventsPerSecond }) => sum + eventsPerSecond, 0);
  };
  await measure(WARM_UP_SECONDS);
  const rate = await measure(run.seconds);
  await Promise.all(replicas.map((replica) => replica.stop()));
  return rate;
}

/** Measures the acceptance of events by NATS JetStream (202) and their storage by one replica (200), in turn. */
async function throughBroker(run: Run, report: Report): Promise<void> {
  const add = report.table('202 through NATS JetStream, compared with 200, one replica');
  for (const load of [SINGLES, BATCHES]) {
    const rounds: { accepted: number; stored: number }[] = [];
    for (let round = 0; round < run.rounds; round++) rounds.push(await brokerRound(run, load));
    add({
      'events per request': load.batch,
      '202 events/s': median(rounds.map(({ accepted }) => accepted)),
      '200 events/s': median(rounds.map(({ stored }) => stored)),
      ratio: median(rounds.map(({ accepted, stored }) => accepted / stored)),
    });
  }
}

function brokerRound(run: Run, load: Omit<Load, 'url' | 'seconds'>) {
  return withDatabase(async (databaseUrl) => {
    const broker = await NatsServer.create();
    await broker.start();
    const replica = await Server.replica(databaseUrl, { QUEUE_URL: broker.url, ...LARGE_QUEUE });
    const { url } = replica;
    const { seconds } = run;
    await saturate({ ...load, url, seconds: WARM_UP_SECONDS });
    const { eventsPerSecond: stored } = await saturate({ ...load, url, seconds });
    const { eventsPerSecond: accepted } = await saturate({ ...load, url, seconds, isAsync: true });
    await replica.stop();
    await broker.end('SIGKILL');
    return { accepted, stored };
  });
}

/** Measures the time from the response of one replica until the event arrives at a subscriber of another. */
async function delivery(report: Report): Promise<void> {
  await withDatabase(async (databaseUrl) => {
    const [here, there] = (await startReplicas(databaseUrl, 2)) as [Server, Server];
    const stream = get(`${there.url}/events/stream`, { agent: false });
    const [response] = (await once(stream, 'response')) as [IncomingMessage];
    let text = '';
    let arrived = () => {};
    response.on('data', (part: Buffer) => {
      text += part.toString();
      arrived();
    });
    const delays: number[] = [];
    for (let index = 0; index < DELIVERIES; index++) {
      const id = `${freshRun()}-${index}`;
      const arrival = new Promise<number>((resolve) => {
        arrived = () => {
          if (text.includes(id)) resolve(performance.now());
        };
      });
      const published = await fetch(`${here.url}/publish`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: event('delivery', id, payloadText(index)),
      });
      await published.arrayBuffer();
      const committed = performance.now();
      delays.push(Math.max(0, (await arrival) - committed));
      text = '';
      // The polls of the other replica must not be in step with the publisher.
      await sleep(Math.random() * 100);
    }
    stream.destroy();
    await Promise.all([here.stop(), there.stop()]);
    const sorted = delays.toSorted((a, b) => a - b);
    report.table('Delivery to a subscriber of another replica after the response, idle replicas')({
      deliveries: DELIVERIES,
      'p50 ms': sorted[Math.floor(DELIVERIES * 0.5)]!,
      'p99 ms': sorted[Math.floor(DELIVERIES * 0.99)]!,
      'maximum ms': sorted.at(-1)!,
    });
  });
}

function startReplicas(databaseUrl: string, count: number): Promise<Server[]> {
  return Promise.all(Array.from({ length: count }, () => Server.replica(databaseUrl)));
}

/** Runs `measure` on a new database, after what the previous one has left to the checkpointer is written. */
async function withDatabase<T>(measure: (databaseUrl: string) => Promise<T>): Promise<T> {
  const url = await createDatabase();
  try {
    await execute(url, 'CHECKPOINT');
    return await measure(url);
  } finally {
    await dropDatabase(url);
  }
}
