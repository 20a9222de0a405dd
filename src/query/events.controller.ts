import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { Readable } from 'node:stream';
import { RequiresApiKey } from '../auth/access.js';
import { checkedQuery } from '../http/checked-query.js';
import { ApiGetEvent, ApiListEvents, ApiLookup } from './events.docs.js';
import { Events } from './events.js';
import { EventsQuery } from './events.query.js';
import type { LookupResult } from './lookup.dto.js';
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
  @RequiresApiKey('read')
  @ApiListEvents()
  async list(
    @Query(checkedQuery()) query: EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // A HEAD request reads no events. Like the response to GET, its response has no Content-Length.
    const lines = () => (reply.request.method === 'HEAD' ? Readable.from([]) : this.events.lines(query));
    if (wantsLines(accept)) await reply.type(NDJSON_TYPE).send(lines());
    else await reply.type(JSON_TYPE).send(await this.events.page(query));
  }

  @Post('lookup')
  @RequiresApiKey('read')
  @HttpCode(200)
  @ApiLookup()
  async lookup(@Body() body: unknown): Promise<LookupResult> {
    return this.events.lookup(readLookup(body));
  }

  @Get(':topic/:event_id')
  @RequiresApiKey('read')
  @Header('content-type', JSON_TYPE)
  @ApiGetEvent()
  get(@Param('topic') topic: string, @Param('event_id') eventId: string): Promise<string> {
    return this.events.get(topic, eventId);
  }
}
