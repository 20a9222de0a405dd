import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { NeedsKey } from '../auth/access.js';
import { ApiProblems } from '../docs/api-problems.js';
import { checkedQuery } from '../http/checked-query.js';
import { Events, EventsPage, StoredEvent } from './events.js';
import { EventsQuery } from './events.query.js';

const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('events')
@Controller('events')
export class EventsController {
  constructor(private readonly events: Events) {}

  @Get()
  @NeedsKey('read')
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ operationId: 'listEvents', summary: 'Stored events, a page at a time, newest first' })
  @ApiOkResponse({ type: EventsPage })
  @ApiProblems(422)
  list(@Query(checkedQuery()) query: EventsQuery): Promise<string> {
    return this.events.page(query);
  }

  @Get(':topic/:event_id')
  @NeedsKey('read')
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ operationId: 'getEvent', summary: 'One stored event, by its dedup key' })
  @ApiParam({ name: 'topic', example: 'orders' })
  @ApiParam({ name: 'event_id', example: 'order-1001' })
  @ApiOkResponse({ type: StoredEvent })
  @ApiProblems(404)
  get(@Param('topic') topic: string, @Param('event_id') eventId: string): Promise<string> {
    return this.events.get(topic, eventId);
  }
}
