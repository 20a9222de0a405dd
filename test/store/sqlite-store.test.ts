import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { aDatabase } from '../harness/service.js';
import { describeStore } from './store.contract.js';
import { dataSourceOptions } from '../../ormconfig.js';
import { loadConfig } from '../../src/config.js';
import { Store } from '../../src/store/store.js';

const open = (database: string) => Store.open(loadConfig({ DATABASE_URL: `sqlite:${database}` }));
const close = (store: Store) => store.onApplicationShutdown();

describeStore('SQLite', () => {
  const database = aDatabase();
  return { open: () => open(database), close };
});

describe('the SQLite store', () => {
  const database = aDatabase();
  let store: Store;
  beforeAll(async () => (store = await open(database)));
  afterAll(() => close(store));

  it('has the tables and indexes that the entities describe', async () => {
    const dataSource = await new DataSource(dataSourceOptions(database, { readonly: true })).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries).toEqual([]);
  });

  it('has a unique composite index on (topic, event_id)', () => {
    const sqlite = new Sqlite(database, { readonly: true });
    const indexes = sqlite.pragma('index_list(processed_events)') as { name: string; unique: number }[];
    const columns = (index: string) =>
      (sqlite.pragma(`index_info(${index})`) as { name: string }[]).map(({ name }) => name);
    expect(indexes.filter(({ unique }) => unique === 1).map(({ name }) => columns(name))).toEqual([
      ['topic', 'event_id'],
    ]);
    sqlite.close();
  });

  it('pages a topic and finds a key by index, never by walking the table', () => {
    const sqlite = new Sqlite(database, { readonly: true });
    const plan = (sql: string) =>
      (sqlite.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
        .map(({ detail }) => detail)
        .join('; ');
    for (const sql of [
      `SELECT * FROM processed_events WHERE topic = 'a' AND seq < 9 ORDER BY seq DESC LIMIT 5`,
      `SELECT * FROM processed_events WHERE topic = 'a' AND event_id = 'b'`,
      `SELECT * FROM processed_events WHERE seq > 5 ORDER BY seq LIMIT 5`,
    ]) {
      expect(plan(sql)).toMatch(/^SEARCH processed_events USING (INDEX|INTEGER PRIMARY KEY)/);
      expect(plan(sql)).not.toMatch(/TEMP B-TREE|SCAN/);
    }
    sqlite.close();
  });
});
