import { Client } from 'pg';
import { PostgresStore } from '../../src/store/postgres/postgres-store.js';
import type { StoreFixture } from '../store/contract/harness.js';
import { createDatabase, dropDatabase } from './postgres.js';

/** A database of its own for each test. */
export class PostgresFixture implements StoreFixture {
  private constructor(readonly url: string) {}

  static async create(): Promise<PostgresFixture> {
    return new PostgresFixture(await createDatabase());
  }

  get name(): string {
    return new URL(this.url).pathname.slice(1);
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
