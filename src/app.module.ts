import { type DynamicModule, Module } from '@nestjs/common';
import { type Config, ConfigModule } from './config.js';
import { ConsumerModule } from './consumer/consumer.module.js';
import { EventsModule } from './query/query.module.js';
import { HealthModule } from './health/health.module.js';
import { HomeModule } from './docs/home.controller.js';
import { IngestModule } from './ingest/ingest.module.js';
import { QueueModule } from './queue/queue.module.js';
import { StatsModule } from './stats/stats.module.js';
import { StoreModule } from './store/store.module.js';
import { StreamModule } from './stream/stream.module.js';
import { TopicsModule } from './stats/topics.module.js';

/** The service, in the order an event travels. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        IngestModule, // POST /publish: checks a request and makes it a submission
        QueueModule, // takes submissions, within bounds, and hands them on
        ConsumerModule, // groups what waits into one commit and settles the verdicts
        StoreModule, // one transaction a batch; the unique index decides
        EventsModule, // GET /events
        StreamModule, // GET /events/stream
        TopicsModule, // GET /topics
        StatsModule, // GET /stats
        HealthModule, // GET /health
        HomeModule, // GET /
      ],
    };
  }
}
