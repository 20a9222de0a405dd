import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { QueueModule } from '../queue/queue.module.js';
import { StoreModule } from '../store/store.module.js';
import { Health } from './health.js';
import { HealthController } from './health.controller.js';
import { StoreWatch } from './store-watch.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), QueueModule, StoreModule],
  controllers: [HealthController],
  providers: [Health, StoreWatch],
  exports: [Health],
})
export class HealthModule {}
