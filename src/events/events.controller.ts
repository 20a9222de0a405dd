import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsKey } from '../auth/access.js';
import { ApiProblems } from '../docs/api-problems.js';
import { checkedBody, checkedQuery } from '../http/checked.js';
import { Events, EventsPage, StoredEvent } from './events.js';
import { EventsQuery } from './events.query.js';
import { LookupAnswer, LookupQuestion, MAX_KEYS } from './lookup.dto.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const NDJSON_TYPE = 'application/x-ndjson';

const wantsLines = (accept = '') => accept.toLowerCase().includes(NDJSON_TYPE);

@ApiTags('events')
@Controller('events')
export class EventsController {
  constructor(private readonly events: Events) {}

  @Get()
  @NeedsKey('read')
  @ApiOperation({
    operationId: 'listEvents',
    summary: 'Stored events, a page at a time, newest first',
    description:
      'With `Accept: application/x-ndjson`, everything that is selected, an event a line, in one streamed answer.',
  })
  @ApiOkResponse({ type: EventsPage })
  @ApiProblems(422)
  async list(
    @Query(checkedQuery()) query: EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (wantsLines(accept))
      await reply.type(NDJSON_TYPE).send(reply.request.method === 'HEAD' ? '' : this.events.lines(query));
    else await reply.type(JSON_TYPE).send(await this.events.page(query));
  }

  @Post('lookup')
  @NeedsKey('read')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'lookupEvents',
    summary: 'Which of up to 10 000 keys are stored, and which are missing',
    description: 'So that a publisher that crashed sends only the rest.',
  })
  @ApiOkResponse({ type: LookupAnswer })
  @ApiProblems(400, 413, 415, 422)
  lookup(@Body(checkedBody({ keys: MAX_KEYS })) question: LookupQuestion): Promise<LookupAnswer> {
    return this.events.lookup(question);
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
