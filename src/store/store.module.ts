import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config.js';
import { Store } from './store.js';

@Module({
  providers: [
    {
      provide: Store,
      inject: [Config],
      useFactory: ({ DATABASE_URL }: Config) => openStore(DATABASE_URL),
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

/** Opens the store that the scheme of the URL selects. Loads only the driver of that database. */
async function openStore(databaseUrl: string): Promise<Store> {
  if (databaseUrl.startsWith('postgres')) {
    const { PostgresStore } = await import('./postgres/postgres-store.js');
    return PostgresStore.open(databaseUrl);
  }
  const [{ SqliteStore }, { databasePath }] = await Promise.all([
    import('./sqlite/sqlite-store.js'),
    import('./sqlite/connection.js'),
  ]);
  return SqliteStore.open(databasePath(databaseUrl));
}
