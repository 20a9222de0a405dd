import { type DynamicModule, Module } from '@nestjs/common';
import { type Config, ConfigModule } from './config.js';
import { ConsumerModule } from './consumer/consumer.module.js';
import { DocsModule } from './docs/docs.module.js';
import { HealthModule } from './health/health.module.js';
import { IngestModule } from './ingest/ingest.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { QueryModule } from './query/query.module.js';
import { QueueModule } from './queue/queue.module.js';
import { StatsModule } from './stats/stats.module.js';
import { StoreModule } from './store/store.module.js';
import { StreamModule } from './stream/stream.module.js';

/** The modules of the service, in the order in which an event passes through them. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        IngestModule, // POST /publish: validates a request and offers its events to the queue
        QueueModule, // accepts submissions within bounds and delivers them in batches
        ConsumerModule, // group commit: one transaction per batch, then the verdicts
        StoreModule, // stores each event once, by a unique index
        QueryModule, // GET /events, GET /events/{topic}/{event_id}, POST /events/lookup
        StreamModule, // GET /events/stream: new events as server-sent events
        StatsModule, // GET /stats, GET /topics
        HealthModule, // GET /health, /health/live, /health/ready
        MetricsModule, // GET /metrics: figures of all modules for Prometheus
        DocsModule, // GET /: name and version; /docs and /openapi.json are set up in app.ts
      ],
    };
  }
}
