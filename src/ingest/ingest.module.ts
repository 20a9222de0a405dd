import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { Ingest } from './ingest.js';
import { PublishController } from './publish.controller.js';
import { PublishLines } from './ndjson.js';

@Module({ imports: [QueueModule], controllers: [PublishController], providers: [Ingest, PublishLines] })
export class IngestModule {}
