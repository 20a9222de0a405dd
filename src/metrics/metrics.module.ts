import { Module } from '@nestjs/common';
import { ConsumerModule } from '../consumer/consumer.module.js';
import { HealthModule } from '../health/health.module.js';
import { IngestModule } from '../ingest/ingest.module.js';
import { QueueModule } from '../queue/queue.module.js';
import { StoreModule } from '../store/store.module.js';
import { StreamModule } from '../stream/stream.module.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

@Module({
  imports: [IngestModule, QueueModule, ConsumerModule, StoreModule, StreamModule, HealthModule],
  controllers: [MetricsController],
  providers: [Metrics],
})
export class MetricsModule {}
