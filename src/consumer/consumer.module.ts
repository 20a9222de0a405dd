import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { Store } from '../store/store.js';
import { StoreModule } from '../store/store.module.js';
import { Commits } from './commits.js';
import { Consumer } from './consumer.js';
import { PollingCommits } from './polling-commits.js';
import { SubjectCommits } from './subject-commits.js';

@Module({
  imports: [QueueModule, StoreModule],
  providers: [
    Consumer,
    {
      provide: Commits,
      inject: [Store],
      useFactory: (store: Store) => (store.isShared ? new PollingCommits(store) : new SubjectCommits()),
    },
  ],
  exports: [Commits],
})
export class ConsumerModule {}
