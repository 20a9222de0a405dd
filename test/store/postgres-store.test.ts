import { Client } from 'pg';
import { PostgresStore } from '../../src/store/postgres/postgres-store.js';
import { createDatabase, dropDatabase, HAS_POSTGRES } from '../harness/postgres.js';
import { describeStore } from './contract/store.contract.js';
import type { StoreFixture, StoreHarness } from './contract/harness.js';

class PostgresFixture implements StoreFixture {
  private constructor(readonly url: string) {}

  static async create(): Promise<PostgresFixture> {
    return new PostgresFixture(await createDatabase());
  }

  open(): Promise<PostgresStore> {
    return PostgresStore.open(this.url);
  }

  /** Holds the lock of the commits, as another replica could. */
  async makeUnavailable(): Promise<() => Promise<void>> {
    const other = new Client(this.url);
    await other.connect();
    await other.query('BEGIN; SELECT FROM log_head FOR UPDATE');
    return () => other.end();
  }

  destroy(): Promise<void> {
    return dropDatabase(this.url);
  }
}

const harness: StoreHarness = { create: () => PostgresFixture.create() };

if (HAS_POSTGRES) {
  describeStore('PostgresStore', harness);
} else {
  console.warn('NOT TESTED: the PostgreSQL store. No server responds at TEST_POSTGRES_URL.');
  it.todo('runs with a PostgreSQL server');
}
