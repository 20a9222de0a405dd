import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { verify } from '../../src/store/maintenance.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import type { Store } from '../../src/store/store.js';
import { aDatabase } from '../harness/database.js';
import { newEvents, submissionOf } from '../harness/new-event.js';
import { execute, HAS_POSTGRES } from '../harness/postgres.js';
import { PostgresFixture } from '../harness/postgres-fixture.js';
import { releaseAtEnd } from '../harness/release.js';

const PAGE_BYTES = 4_096;

/** Commits 20 events of each of two topics, and a duplicate. */
async function fill(store: Store): Promise<void> {
  const orders = newEvents(20);
  await store.commit([submissionOf(...orders)]);
  await store.commit([submissionOf(...newEvents(20, { topic: 'users' })), submissionOf(orders[0]!)]);
  await store.close();
}

interface Example {
  readonly url: string;
  readonly change: (sql: string) => Promise<unknown>;
}

async function inSqlite(): Promise<Example> {
  const path = aDatabase();
  await fill(await SqliteStore.open(path));
  const change = async (sql: string) => {
    const database = new Sqlite(path);
    database.exec(sql);
    database.close();
  };
  return { url: `sqlite:${path}`, change };
}

async function inPostgres(): Promise<Example> {
  const fixture = await PostgresFixture.create();
  releaseAtEnd(() => fixture.destroy());
  await fill(await fixture.open());
  return { url: fixture.url, change: (sql) => execute(fixture.url, sql) };
}

const verification = (url: string) =>
  verify(url, { signal: new AbortController().signal, onProgress: () => {} });

const findings = async (url: string) => (await verification(url)).findings;

if (!HAS_POSTGRES) console.warn('NOT TESTED: verify in PostgreSQL. No server responds at TEST_POSTGRES_URL.');
const EXAMPLES = { SQLite: inSqlite, ...(HAS_POSTGRES && { PostgreSQL: inPostgres }) };

describe.each(Object.entries(EXAMPLES))('verify in %s', (name, create) => {
  it('finds nothing in a valid database, and nothing in an empty one', async () => {
    const { url, change } = await create();
    expect(await verification(url)).toEqual({ events: 40, lastSeq: 40, topics: 2, findings: [] });
    await change(
      `DELETE FROM processed_events; DELETE FROM topic_counters;${
        name === 'PostgreSQL' ? 'UPDATE log_head SET last_seq = 0, received = 0' : ''
      }`,
    );
    expect(await verification(url)).toEqual({ events: 0, lastSeq: 0, topics: 0, findings: [] });
  });

  it('finds holes in seq, and rows that the counters do not count', async () => {
    const { url, change } = await create();
    await change('DELETE FROM processed_events WHERE seq IN (1, 5, 21, 22, 40)');
    const found = await findings(url);
    expect(found).toEqual(
      expect.arrayContaining([
        'seq 1 is missing',
        'seq 5 is missing',
        'seq 21 to 22 are missing',
        'topic "orders": unique_processed is 20, but its rows is 18',
        'topic "users": unique_processed is 20, but its rows is 17',
      ]),
    );
    if (name === 'PostgreSQL')
      expect(found).toContain('last_seq of log_head is 40, but the number of rows is 35');
  });

  it('finds wrong counters', async () => {
    const { url, change } = await create();
    await change(`UPDATE topic_counters SET received = received + 1 WHERE topic = 'orders';
      UPDATE topic_counters SET conflicts = 1 WHERE topic = 'users'`);
    expect(await findings(url)).toEqual(
      expect.arrayContaining([
        'topic "orders": received is 22, but unique_processed + duplicate_dropped is 21',
        'topic "users": conflicts is 1 and duplicate_dropped is 0',
      ]),
    );
    await change(`DELETE FROM topic_counters WHERE topic = 'users'`);
    expect(await findings(url)).toContain('topic "users": has 20 rows and no counters');
  });

  it('finds a missing unique index and repeated keys', async () => {
    const { url, change } = await create();
    await change(`DROP INDEX processed_events_dedup_key;
      UPDATE processed_events SET event_id = 'same' WHERE seq IN (30, 31)`);
    expect(await findings(url)).toEqual([
      'the unique index on topic and event_id is missing',
      'event "same" of topic "users" has 2 rows',
    ]);
  });

  it('finds a processed_at that decreases', async () => {
    const { url, change } = await create();
    await change(`UPDATE processed_events SET processed_at = '2020-01-01T00:00:00.000Z' WHERE seq = 7`);
    expect(await findings(url)).toEqual(['processed_at of seq 7 is before that of the preceding event']);
  });
});

describe('verify of a file', () => {
  it('finds a damaged page', async () => {
    const { url } = await inSqlite();
    const path = url.replace('sqlite:', '');
    const pages = readFileSync(path).length / PAGE_BYTES;
    const file = openSync(path, 'r+');
    for (let page = 1; page < pages; page++)
      writeSync(file, Buffer.alloc(64, 0xff), 0, 64, page * PAGE_BYTES);
    closeSync(file);
    expect((await findings(url)).length).toBeGreaterThan(0);
  });

  it.each([
    [
      'a text',
      () => Buffer.from('text '.repeat(1_000)),
      'it cannot be read to its end: file is not a database',
    ],
    ['an empty file', () => Buffer.alloc(0), 'it is not a database of this service: it has no tables'],
  ])('finds that %s is not a database', async (_, bytes, finding) => {
    const path = aDatabase();
    writeFileSync(path, bytes());
    expect(await findings(`sqlite:${path}`)).toEqual([finding]);
  });

  it('finds that a database belongs to another program', async () => {
    const path = aDatabase();
    const database = new Sqlite(path);
    database.exec('CREATE TABLE other (x)');
    database.close();
    expect(await findings(`sqlite:${path}`)).toEqual([
      'it is not a database of this service: it contains other tables: other',
    ]);
  });
});
