import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { StoreModule } from '../store/store.module.js';
import { Consumer } from './consumer.js';
import { ProcessedEvents } from './commits.js';

@Module({
  imports: [QueueModule, StoreModule],
  providers: [Consumer, ProcessedEvents],
  exports: [ProcessedEvents],
})
export class ConsumerModule {}
