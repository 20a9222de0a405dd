import { Module } from '@nestjs/common';
import { ConsumerModule } from '../consumer/consumer.module.js';
import { StoreModule } from '../store/store.module.js';
import { LiveStreams } from './live-streams.js';
import { LiveWindow } from './live-window.js';
import { StreamController } from './stream.controller.js';

@Module({
  imports: [ConsumerModule, StoreModule],
  controllers: [StreamController],
  providers: [LiveWindow, LiveStreams],
  exports: [LiveStreams],
})
export class StreamModule {}
