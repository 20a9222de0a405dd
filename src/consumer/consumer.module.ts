import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { StoreModule } from '../store/store.module.js';
import { Commits } from './commits.js';
import { Consumer } from './consumer.js';
import { SubjectCommits } from './subject-commits.js';

@Module({
  imports: [QueueModule, StoreModule],
  providers: [Consumer, { provide: Commits, useClass: SubjectCommits }],
  exports: [Commits],
})
export class ConsumerModule {}
