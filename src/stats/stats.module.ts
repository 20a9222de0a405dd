import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { StoreModule } from '../store/store.module.js';
import { Stats } from './stats.js';
import { StatsController } from './stats.controller.js';
import { TopicsController } from './topics.controller.js';

@Module({
  imports: [QueueModule, StoreModule],
  controllers: [StatsController, TopicsController],
  providers: [Stats],
})
export class StatsModule {}
