import type { Database } from 'better-sqlite3';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LARGE_WAL_BYTES } from '../../src/store/sqlite/checkpoints.js';
import { connect } from '../../src/store/sqlite/connection.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { describeStore } from './contract/store.contract.js';
import { type StoreFixture, type StoreHarness, useStore } from './contract/harness.js';
import { Sqlite } from '../../src/store/sqlite/driver.js';

class SqliteFixture implements StoreFixture {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<SqliteFixture> {
    return new SqliteFixture(await mkdtemp(join(tmpdir(), 'aggregator-')));
  }

  get path(): string {
    return join(this.directory, 'events.db');
  }

  open(): Promise<SqliteStore> {
    return SqliteStore.open(this.path);
  }

  /** Holds SQLite's write lock, as another process could. */
  async makeUnavailable(): Promise<() => Promise<void>> {
    const other = new Sqlite(this.path);
    other.exec('BEGIN IMMEDIATE');
    return async () => void other.close();
  }

  destroy(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}

const harness: StoreHarness = { create: () => SqliteFixture.create() };

describeStore('SqliteStore', harness);

describe('the database file of SqliteStore', () => {
  const test = useStore(harness);
  const inspect = <T>(look: (database: Database) => T): T => {
    const database = new Sqlite((test.fixture as SqliteFixture).path, { readonly: true });
    try {
      return look(database);
    } finally {
      database.close();
    }
  };

  it('has the tables and indexes that the entities describe', async () => {
    const { dataSource } = await connect((test.fixture as SqliteFixture).path);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries).toEqual([]);
  });

  it('has a unique composite index on (topic, event_id)', () => {
    const unique = inspect((database) => {
      const indexes = database.pragma('index_list(processed_events)') as { name: string; unique: number }[];
      return indexes
        .filter((index) => index.unique === 1)
        .map(({ name }) =>
          (database.pragma(`index_info(${name})`) as { name: string }[]).map((column) => column.name),
        );
    });
    expect(unique).toEqual([['topic', 'event_id']]);
  });

  it.each([
    `SELECT * FROM processed_events WHERE topic = 'a' AND seq < 9 ORDER BY seq DESC LIMIT 5`,
    `SELECT * FROM processed_events WHERE topic = 'a' AND event_id = 'b'`,
    `SELECT * FROM processed_events WHERE seq > 5 ORDER BY seq LIMIT 5`,
  ])('supports a query by index, without a scan or a sort: %s', (sql) => {
    const plan = inspect((database) =>
      (database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
        .map(({ detail }) => detail)
        .join('; '),
    );
    expect(plan).toMatch(/^SEARCH processed_events USING (INDEX|INTEGER PRIMARY KEY)/);
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN/);
  });

  it('truncates a large WAL when the next commit restarts it', async () => {
    const { path } = test.fixture as SqliteFixture;
    const { dataSource, database } = await connect(path);
    const insert = database.prepare(
      `INSERT INTO processed_events (topic, event_id, timestamp, source, payload, processed_at)
       VALUES ('t', ?, '', '', ?, '')`,
    );
    const walBytes = () => statSync(`${path}-wal`).size;
    const reader = new Sqlite(path, { readonly: true });
    reader.exec('BEGIN; SELECT 1 FROM processed_events');
    for (let id = 0; walBytes() <= LARGE_WAL_BYTES; id++) insert.run(`${id}`, 'x'.repeat(8_000_000));
    reader.close();
    database.pragma('wal_checkpoint(PASSIVE)');
    expect(walBytes()).toBeGreaterThan(LARGE_WAL_BYTES);
    insert.run('last', '{}');
    expect(walBytes()).toBeLessThanOrEqual(LARGE_WAL_BYTES);
    await dataSource.destroy();
  });
});
