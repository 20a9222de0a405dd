import { Module } from '@nestjs/common';
import { EventQueue } from './event-queue.js';
import { ProcessedEvents } from './processed-events.js';
import { SubjectQueue } from './subject-queue.js';

@Module({
  providers: [{ provide: EventQueue, useClass: SubjectQueue }, ProcessedEvents],
  exports: [EventQueue, ProcessedEvents],
})
export class QueueModule {}
