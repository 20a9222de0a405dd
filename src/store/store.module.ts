import { Module } from '@nestjs/common';
import { Config } from '../config.js';
import { Store } from './store.js';

@Module({
  providers: [{ provide: Store, inject: [Config], useFactory: (config: Config) => Store.open(config) }],
  exports: [Store],
})
export class StoreModule {}
