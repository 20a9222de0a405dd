import { Module } from '@nestjs/common';
import { Turns } from '../http/turns.js';
import { QueueModule } from '../queue/queue.module.js';
import { Ingest } from './ingest.js';
import { NdjsonIngest } from './ndjson.js';
import { PublishController } from './publish.controller.js';
import { EventReader } from './event-reader.js';

@Module({
  imports: [QueueModule],
  controllers: [PublishController],
  providers: [Ingest, EventReader, NdjsonIngest, Turns],
  exports: [NdjsonIngest],
})
export class IngestModule {}
