import { Module } from '@nestjs/common';
import { EventQueue } from './event-queue.js';
import { SubjectQueue } from './subject-queue.js';

@Module({
  providers: [{ provide: EventQueue, useClass: SubjectQueue }],
  exports: [EventQueue],
})
export class QueueModule {}
