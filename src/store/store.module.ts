import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config.js';
import { databasePath } from './sqlite/connection.js';
import { SqliteStore } from './sqlite/sqlite-store.js';
import { Store } from './store.js';

@Module({
  providers: [
    {
      provide: Store,
      inject: [Config],
      useFactory: ({ DATABASE_URL }: Config) => SqliteStore.open(databasePath(DATABASE_URL)),
    },
  ],
  exports: [Store],
})
export class StoreModule implements OnApplicationShutdown {
  constructor(private readonly store: Store) {}

  /** Closes the store after the HTTP server, so that requests in flight can still read. */
  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}
