import { Client } from 'pg';
import type { Submission } from '../../src/event/submission.js';
import { PostgresStore } from '../../src/store/postgres/postgres-store.js';
import type { Commit } from '../../src/store/store.js';
import { anEvent } from '../harness/an-event.js';
import { aNewEvent, newEvents, submissionOf } from '../harness/new-event.js';
import { execute, HAS_POSTGRES } from '../harness/postgres.js';
import { PostgresFixture } from '../harness/postgres-fixture.js';
import { type Cut, PostgresProxy } from '../harness/postgres-proxy.js';
import { releaseAtEnd } from '../harness/release.js';
import { Service } from '../harness/service.js';
import { until } from '../harness/until.js';
import { StreamClient } from '../stream/stream-client.js';
import { EVERYTHING } from './contract/harness.js';

const withPostgres = HAS_POSTGRES ? describe : describe.skip;
if (!HAS_POSTGRES)
  console.warn('NOT TESTED: replicas on PostgreSQL. No server responds at TEST_POSTGRES_URL.');

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const outcomesOf = ({ verdicts }: Commit) => verdicts.map(({ outcome, seq }) => `${outcome} ${seq}`);

async function aFixture(): Promise<PostgresFixture> {
  const fixture = await PostgresFixture.create();
  releaseAtEnd(() => fixture.destroy());
  return fixture;
}

/** Opens a store that is closed at the end. */
async function open(databaseUrl: string): Promise<PostgresStore> {
  const store = await PostgresStore.open(databaseUrl);
  releaseAtEnd(() => store.close());
  return store;
}

async function aProxy(databaseUrl: string): Promise<PostgresProxy> {
  const proxy = await PostgresProxy.start(databaseUrl);
  releaseAtEnd(() => proxy.stop());
  return proxy;
}

/** Opens a connection that is closed at the end. */
async function aClient(databaseUrl: string): Promise<Client> {
  const client = new Client(databaseUrl);
  await client.connect();
  releaseAtEnd(() => client.end());
  return client;
}

withPostgres('replicas on one PostgreSQL database', () => {
  it('migrate an empty database once if they start at the same time, and share its events', async () => {
    const { url } = await aFixture();
    const environment = { DATABASE_URL: url };
    const services = await Promise.all([1, 2, 3].map(() => Service.start(environment)));
    const migrations = await execute<{ name: string }>(
      url,
      'SELECT name FROM aggregator_migrations ORDER BY id',
    );
    expect(migrations.map(({ name }) => name.replace(/\d+$/, ''))).toEqual([
      'CreateStore',
      'CreateCommitEvents',
      'AddStoreId',
    ]);
    const event = anEvent();
    const responses = await Promise.all(services.map((service) => service.publish(event)));
    const outcomes = await Promise.all(
      responses.map(async (response) => ((await response.json()) as { outcome: string }).outcome),
    );
    expect(outcomes.toSorted()).toEqual(['duplicate', 'duplicate', 'stored']);
    const streams = await Promise.all(services.map((service) => StreamClient.open(service, '?topic=live')));
    const live = () => anEvent({ topic: 'live' });
    for (const service of services) await service.publish([live(), live()]);
    for (const { ids } of streams) {
      await until(() => ids.length >= 6, 'every replica has streamed the events of all');
      expect(ids).toEqual([2, 3, 4, 5, 6, 7]);
    }
    for (const stream of streams) stream.close();
    for (const service of services) {
      expect(await service.stats()).toMatchObject({ received: 9, unique_processed: 7, duplicate_dropped: 2 });
      expect((await service.everything()).map(({ seq }) => seq)).toEqual(upTo(7));
      expect(service.log.join('\n')).not.toMatch(/"level":"(error|fatal)"/);
    }
    expect(await Promise.all(services.map((service) => service.end('SIGTERM')))).toEqual([0, 0, 0]);
  });

  it('store each key once, without gaps, while readers with a cursor skip nothing', async () => {
    const { url } = await aFixture();
    const stores = await Promise.all([1, 2, 3, 4].map(() => open(url)));
    const keys = newEvents(600).map((event, index) => ({ ...event, topic: `topic-${index % 7}` }));
    let committing = true;
    const readers = stores.slice(0, 2).map(async (store) => {
      const seqs: number[] = [];
      for (let last = false; ;) {
        const { events } = await store.find({ ...EVERYTHING, order: 'asc', after: seqs.at(-1) ?? 0 });
        seqs.push(...events.map(({ seq }) => seq));
        if (last) return seqs;
        last = !committing;
      }
    });
    // Each store begins at another key, so all of them race for all keys, in different orders.
    const commits = await Promise.all(
      stores.map(async (store, index) => {
        const rotated = [...keys.slice(index * 150), ...keys.slice(0, index * 150)];
        const own: Commit[] = [];
        for (let start = 0; start < 600; start += 20) {
          const events = rotated.slice(start, start + 20);
          own.push(
            await store.commit([submissionOf(...events), submissionOf({ ...events[0]!, payload: '{}' })]),
          );
        }
        return own;
      }),
    );
    committing = false;
    for (const reader of readers) expect(await reader).toEqual(upTo(600));
    const stored = commits
      .flat()
      .flatMap(({ verdicts }) => verdicts.filter(({ outcome }) => outcome === 'stored'));
    expect(stored.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(upTo(600));
    const totals = { received: 2_520, unique_processed: 600, duplicate_dropped: 1_920, conflicts: 120 };
    expect(await stores[3]!.counters()).toMatchObject(totals);
    const topics = await stores[3]!.topics('', 10);
    for (const [name, total] of Object.entries(totals)) {
      expect(topics.reduce((sum, topic) => sum + topic[name as keyof typeof totals], 0)).toBe(total);
    }
    expect(await stores[3]!.lookup(keys)).toEqual(
      await Promise.all(keys.map(async (key) => (await stores[0]!.get(key))!.seq)),
    );
  });

  describe.each<[string, Cut[]]>([
    ['before the server receives it', ['request']],
    ['before its result arrives', ['result']],
    ['twice', ['request', 'result']],
    ['twice after it was committed', ['result', 'result']],
  ])('a commit whose connection is cut %s', (_, cuts) => {
    it('returns its own verdicts, and counts once', async () => {
      const { url } = await aFixture();
      const proxy = await aProxy(url);
      const [store, other] = [await open(proxy.url), await open(url)];
      const [old, fresh, another] = newEvents(3) as [Event, Event, Event];
      await store.commit([submissionOf(old)]);
      await other.commit([submissionOf(aNewEvent())]);
      proxy.cuts.push(...cuts);
      const commit = await store.commit([
        submissionOf(fresh, old, { ...old, payload: '{}' }, fresh),
        submissionOf({ ...fresh, payload: '{}' }, another),
      ]);
      expect(proxy.cuts).toEqual([]);
      expect(outcomesOf(commit)).toEqual([
        'stored 3',
        'duplicate 1',
        'conflict 1',
        'duplicate 3',
        'conflict 3',
        'stored 4',
      ]);
      expect(commit.lastSeq).toBe(4);
      expect(await other.counters()).toMatchObject({ received: 8, unique_processed: 4, conflicts: 2 });
    });
  });

  it('return the same verdicts if the call that was cut is still waiting for the lock', async () => {
    const { url } = await aFixture();
    const proxy = await aProxy(url);
    const store = await open(proxy.url);
    const [holder, monitor] = [await aClient(url), await aClient(url)];
    const waiting = async () => {
      const { rows } = await monitor.query<{ count: number }>(
        `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows[0]!.count;
    };
    await holder.query('BEGIN; SELECT FROM log_head FOR UPDATE');
    const commit = store.commit([submissionOf(aNewEvent())]);
    await until(async () => (await waiting()) === 1, 'the first call waits');
    proxy.closeClients();
    await until(async () => (await waiting()) === 2, 'the second call waits, too');
    await holder.query('COMMIT');
    expect(outcomesOf(await commit)).toEqual(['stored 1']);
    await until(async () => (await waiting()) === 0, 'both calls have ended');
    expect(await store.counters()).toMatchObject({ received: 1, unique_processed: 1 });
  });

  it('return the verdicts of the first commit if another replica commits a submission with the same id', async () => {
    const { url } = await aFixture();
    const [first, second] = [await open(url), await open(url)];
    const id = (number: number) => ({ source: '6f1c4a52-8f0b-4d83-9f0e-3b1f0c2d4e5f', number });
    const [a, b, c] = newEvents(3) as [Event, Event, Event];
    const redelivered: Submission[] = [
      { id: id(1), events: [a, b] },
      { id: id(2), events: [b, { ...b, payload: '{}' }] },
    ];
    const original = await first.commit([...redelivered, submissionOf(a)]);
    expect(outcomesOf(original)).toEqual([
      'stored 1',
      'stored 2',
      'duplicate 2',
      'conflict 2',
      'duplicate 1',
    ]);
    const repeated = await second.commit([
      submissionOf(c),
      redelivered[1]!,
      submissionOf(a),
      redelivered[0]!,
    ]);
    expect(outcomesOf(repeated)).toEqual([
      'stored 3',
      'duplicate 2',
      'conflict 2',
      'duplicate 1',
      'stored 1',
      'stored 2',
    ]);
    expect(repeated).toMatchObject({ stored: 1, lastSeq: 3 });
    expect(await first.counters()).toMatchObject({ received: 7, unique_processed: 3 });
  });

  it('continue after the server has ended all sessions', async () => {
    const { url } = await aFixture();
    const stores = [await open(url), await open(url)];
    const committed: Commit[][] = [[], []];
    let ending = true;
    const commits = stores.map(async (store, index) => {
      const own = committed[index]!;
      while (ending) own.push(await store.commit([submissionOf(aNewEvent({ event_id: `${own.length}` }))]));
    });
    for (let count = 0; count < 5; count++) {
      const before = committed.map(({ length }) => length);
      await until(
        () => committed.every(({ length }, index) => length > before[index]! + 2),
        'both stores have committed again',
      );
      await execute(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    }
    ending = false;
    await Promise.all(commits);
    const keys = Math.max(...committed.map(({ length }) => length));
    const verdicts = committed.flat().flatMap((commit) => commit.verdicts);
    const stored = verdicts.filter(({ outcome }) => outcome === 'stored').map(({ seq }) => seq);
    expect(stored.toSorted((one, other) => one - other)).toEqual(upTo(keys));
    expect(await stores[0]!.counters()).toMatchObject({ received: verdicts.length, unique_processed: keys });
  });
});

type Event = ReturnType<typeof aNewEvent>;
