import fc from 'fast-check';
import { DataSource } from 'typeorm';
import type { EventJson } from '../../src/event/event-json.js';
import { dataSourceOptions, openPool, READING, WRITING } from '../../src/store/postgres/connection.js';
import { Hosts } from '../../src/store/postgres/hosts.js';
import { PostgresStore } from '../../src/store/postgres/postgres-store.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { StoreOpenError, StoreUnavailableError, UnstorableEventError } from '../../src/store/store-errors.js';
import { aDatabase } from '../harness/database.js';
import { aNewEvent, newEvents, submissionOf } from '../harness/new-event.js';
import { PostgresFixture } from '../harness/postgres-fixture.js';
import { execute, HAS_POSTGRES } from '../harness/postgres.js';
import { PostgresProxy } from '../harness/postgres-proxy.js';
import { releaseAtEnd } from '../harness/release.js';
import { until } from '../harness/until.js';
import { describeStore } from './contract/store.contract.js';
import { EVERYTHING, snapshot, type StoreHarness, useStore } from './contract/harness.js';

const withPostgres = HAS_POSTGRES ? describe : describe.skip;
if (!HAS_POSTGRES) console.warn('NOT TESTED: the PostgreSQL store. No server responds at TEST_POSTGRES_URL.');

const harness: StoreHarness = { create: () => PostgresFixture.create() };

withPostgres('with PostgreSQL', () => {
  describeStore('PostgresStore', harness);

  describe('the database of PostgresStore', () => {
    const test = useStore(harness);
    const databaseUrl = () => (test.fixture as PostgresFixture).url;
    const query = <T>(sql: string, values?: unknown[]) => execute<T>(databaseUrl(), sql, values);

    it('returns the same verdicts, events and counters as SqliteStore for random batches', async () => {
      const sqlite = await SqliteStore.open(aDatabase());
      releaseAtEnd(() => sqlite.close());
      const event = fc.record({
        topic: fc.constantFrom('a', 'b.c', 'ä'),
        event_id: fc.constantFrom(...'123456789'),
        source: fc.constantFrom('x', 'y'),
        payload: fc.constantFrom('{}', '{"a":1,"b":2}', '{"b":2,"a":1}', '{"a":1,"b":3}', '{"a":"\\u0000"}'),
      });
      const batches = fc.sample(fc.array(fc.array(event, { maxLength: 6 }), { maxLength: 4 }), 60);
      for (const batch of batches) {
        const submissions = batch.map((events) => submissionOf(...events.map((values) => aNewEvent(values))));
        const { processedAt: _, ...expected } = await sqlite.commit(submissions);
        expect(await test.store.commit(submissions)).toMatchObject(expected);
      }
      const [found, expected] = [await test.store.find(EVERYTHING), await sqlite.find(EVERYTHING)];
      const withoutTime = ({ json, ...rest }: EventJson) => ({
        ...rest,
        json: json.replace(/"processed_at".*/, ''),
      });
      expect(found.events.map(withoutTime)).toEqual(expected.events.map(withoutTime));
      expect(await test.store.counters()).toEqual(await sqlite.counters());
    });

    it('has the tables and indexes that the entities describe', async () => {
      const dataSource = await new DataSource(dataSourceOptions(databaseUrl())).initialize();
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      await dataSource.destroy();
      expect(upQueries.map((change) => change.query)).toEqual([]);
    });

    it('has a unique composite index on (topic, event_id)', async () => {
      const indexes = await query(`
        SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
        WHERE indrelid = 'processed_events'::regclass AND indisunique AND NOT indisprimary`);
      expect(indexes).toEqual([
        { definition: expect.stringMatching(/UNIQUE INDEX .* \(topic, event_id\)$/) },
      ]);
    });

    it('is read through the right index, whatever its statistics', async () => {
      await query('ANALYZE');
      const events = newEvents(300);
      for (let start = 0; start < 300; start += 100) {
        await test.store.commit([submissionOf(...events.slice(start, start + 100))]);
      }
      await test.store.commit([submissionOf(...events)]);
      await test.store.lookup(events);
      // The server adds the figures of a session when it ends.
      await test.reopen();
      const used = () =>
        query<{ index: string; scans: number }>(`
          SELECT indexrelname AS index, idx_scan::int AS scans FROM pg_stat_user_indexes
          WHERE relname = 'processed_events' ORDER BY 1`);
      // 300 before the insertion, 300 before that of the duplicates, 300 for their verdicts, 300 for the lookup.
      await until(async () => (await used()).some(({ scans }) => scans === 1_200), 'the figures arrive');
      expect(await used()).toEqual([
        { index: 'processed_events_dedup_key', scans: 1_200 },
        { index: 'processed_events_pkey', scans: 0 },
        { index: 'processed_events_topic', scans: 0 },
      ]);
      await test.store.find({ ...EVERYTHING, topic: 'orders', limit: 10 });
      await test.reopen();
      await until(async () => (await used())[2]!.scans === 1, 'the page is read through the index of topics');
      expect((await used()).map(({ scans }) => scans)).toEqual([1_200, 0, 1]);
    });

    it.each([
      ['writing', WRITING],
      ['reading', READING],
    ])('is used with every setting of a session for %s', async (_, session) => {
      const pool = openPool(new Hosts(databaseUrl()), session);
      for (const [name, value] of Object.entries(session.settings)) {
        const { rows } = await pool.query(
          `SELECT setting = $2 OR current_setting(name) = $2 AS is_set FROM pg_settings WHERE name = $1`,
          [name, value],
        );
        expect({ name, rows }).toEqual({ name, rows: [{ is_set: true }] });
      }
      await pool.end();
    });

    it('keeps no event of a batch that fails after the insertion', async () => {
      const event = aNewEvent();
      await test.store.commit([submissionOf(event)]);
      const before = await snapshot(test.store);
      // Has the length of the stored payload, and cannot be compared with it.
      const unstorable = { ...event, payload: '{"a":x}' };
      const commit = test.store.commit([submissionOf(aNewEvent(), unstorable)]);
      await expect(commit).rejects.toBeInstanceOf(UnstorableEventError);
      await expect(
        test.store.commit([submissionOf(aNewEvent({ event_id: '\u0000' }))]),
      ).rejects.toBeInstanceOf(UnstorableEventError);
      expect(await snapshot(test.store)).toEqual(before);
    });

    it('acknowledges no commit after a warning, such as that of a synchronous standby that is absent', async () => {
      await query(`
        CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE WARNING 'not replicated';
          RETURN NULL;
        END $$;
        CREATE TRIGGER warn BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION warn()`);
      const commit = test.store.commit([submissionOf(aNewEvent())]);
      await expect(commit).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(commit).rejects.toThrow('not replicated');
    });

    it('keeps receipts for ten minutes before the last commit', async () => {
      await test.store.commit([submissionOf(aNewEvent())]);
      await query(`UPDATE receipts SET committed_at = committed_at - interval '11 minutes'`);
      await test.store.commit([submissionOf(aNewEvent())]);
      await until(
        async () => (await query('SELECT first_seq::int FROM receipts')).length < 2,
        'the old receipt is deleted',
      );
      expect(await query('SELECT first_seq::int FROM receipts')).toEqual([{ first_seq: 2 }]);
    });

    it('keeps receipts since the oldest submission that a broker may deliver again', async () => {
      for (let commit = 0; commit < 3; commit++) await test.store.commit([submissionOf(aNewEvent())]);
      await query(`UPDATE receipts SET committed_at = committed_at - interval '5 hours' * (3 - first_seq)`);
      const [oldest] = await query<{ time: Date }>(
        'SELECT committed_at AS time FROM receipts WHERE first_seq = 2',
      );
      test.store.keepIdsSince(oldest!.time);
      const receipts = () => query('SELECT first_seq::int FROM receipts ORDER BY 1');
      await until(async () => (await receipts()).length < 3, 'the oldest receipt is deleted');
      expect(await receipts()).toEqual([{ first_seq: 2 }, { first_seq: 3 }]);
    });
  });

  describe('PostgresStore.open', () => {
    let fixture: PostgresFixture;
    beforeEach(async () => {
      fixture = await PostgresFixture.create();
    });
    afterEach(() => fixture.destroy());

    it('rejects a server that does not respond, without the password in the message', async () => {
      const open = PostgresStore.open('postgres://user:s3cret@127.0.0.1:1/events');
      await expect(open).rejects.toBeInstanceOf(StoreOpenError);
      await expect(open).rejects.toThrow(/cannot be opened: .*ECONNREFUSED 127.0.0.1:1/);
      await expect(open).rejects.not.toThrow(/s3cret/);
    });

    it('rejects a database with tables of the same name, and does not change it', async () => {
      await execute(fixture.url, 'CREATE TABLE processed_events (a int)');
      await expect(fixture.open()).rejects.toThrow(/relation "processed_events" already exists/);
      const tables = await execute(
        fixture.url,
        `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`,
      );
      expect(tables.map(({ tablename }) => tablename)).not.toContain('log_head');
    });

    it('rejects a read-only database', async () => {
      await (await fixture.open()).close();
      await execute(fixture.url, `ALTER DATABASE ${fixture.name} SET default_transaction_read_only = on`);
      await expect(fixture.open()).rejects.toThrow(/read-only transaction/);
    });
  });

  describe('an outage of PostgreSQL', () => {
    it('is reported as StoreUnavailableError by every method, and the store recovers', async () => {
      const fixture = await PostgresFixture.create();
      const proxy = await PostgresProxy.start(fixture.url);
      const store = await PostgresStore.open(proxy.url);
      const event = aNewEvent();
      const calls = [
        () => store.commit([submissionOf(event)]),
        () => store.probe(),
        () => store.find(EVERYTHING),
        () => store.find({ ...EVERYTHING, source: 'checkout' }),
        () => store.get(event),
        () => store.lookup([event]),
        () => store.lastSeq(),
        () => store.counters(),
        () => store.topics('', 1),
      ];
      await Promise.all(calls.map((call) => call()));
      proxy.pause();
      for (const call of calls) await expect(call()).rejects.toBeInstanceOf(StoreUnavailableError);
      proxy.resume();
      for (const call of calls) await call();
      expect(await store.counters()).toMatchObject({ received: 2, unique_processed: 1 });
      await store.close();
      proxy.stop();
      await fixture.destroy();
    });
  });
});
