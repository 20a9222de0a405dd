import { Module } from '@nestjs/common';
import { StoreModule } from '../store/store.module.js';
import { Topics } from './topics.js';
import { TopicsController } from './topics.controller.js';

@Module({ imports: [StoreModule], controllers: [TopicsController], providers: [Topics] })
export class TopicsModule {}
