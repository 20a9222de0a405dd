import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { Readable } from 'node:stream';
import { NeedsKey } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { checkedQuery } from '../http/checked-query.js';
import { EventsPage, StoredEventDto } from './events.dto.js';
import { Events } from './events.js';
import { EventsQuery } from './events.query.js';
import { LookupResult, LookupRequest } from './lookup.dto.js';
import { readLookup } from './lookup.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const NDJSON_TYPE = 'application/x-ndjson';

const wantsLines = (accept = '*/*') =>
  new Negotiator({ headers: { accept } }).mediaType(['application/json', NDJSON_TYPE]) === NDJSON_TYPE;

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
  // The one type of the answer for generated clients, which would have to tell two apart at every turn.
  @ApiOkResponse({ type: EventsPage })
  @ApiProblems(400, 422, 503)
  async list(
    @Query(checkedQuery()) query: EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // Of HEAD nothing is read; as the answer to GET, it has no length.
    const lines = () => (reply.request.method === 'HEAD' ? Readable.from([]) : this.events.lines(query));
    if (wantsLines(accept)) await reply.type(NDJSON_TYPE).send(lines());
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
  @ApiBody({ type: LookupRequest })
  @ApiOkResponse({ type: LookupResult })
  @ApiProblems(400, 413, 415, 422, 503)
  async lookup(@Body() body: unknown): Promise<LookupResult> {
    return this.events.lookup(readLookup(body));
  }

  @Get(':topic/:event_id')
  @NeedsKey('read')
  @Header('content-type', JSON_TYPE)
  @ApiOperation({ operationId: 'getEvent', summary: 'One stored event, by its dedup key' })
  @ApiParam({ name: 'topic', example: 'orders' })
  @ApiParam({ name: 'event_id', example: 'order-1001' })
  @ApiOkResponse({ type: StoredEventDto })
  @ApiProblems(400, 404, 503)
  get(@Param('topic') topic: string, @Param('event_id') eventId: string): Promise<string> {
    return this.events.get(topic, eventId);
  }
}
