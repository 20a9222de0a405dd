import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { Ingest } from './ingest.js';
import { NdjsonIngest } from './ndjson.js';
import { PublishController } from './publish.controller.js';
import { EventReader } from './event-reader.js';
import { Turns } from './turns.js';

@Module({
  imports: [QueueModule],
  controllers: [PublishController],
  providers: [Ingest, EventReader, NdjsonIngest, Turns],
})
export class IngestModule {}
