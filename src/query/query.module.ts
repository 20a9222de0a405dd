import { Module } from '@nestjs/common';
import { StoreModule } from '../store/store.module.js';
import { Events } from './events.js';
import { EventsController } from './events.controller.js';

@Module({ imports: [StoreModule], controllers: [EventsController], providers: [Events] })
export class QueryModule {}
