import { Module } from '@nestjs/common';
import { ConsumerModule } from '../consumer/consumer.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { StoreModule } from '../store/store.module.js';
import { Stats } from './stats.js';
import { StatsController } from './stats.controller.js';

@Module({
  imports: [QueueModule, ConsumerModule, StoreModule],
  controllers: [StatsController],
  providers: [Stats],
})
export class StatsModule {}
