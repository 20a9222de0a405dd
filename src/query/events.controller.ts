import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { Readable } from 'node:stream';
import { RequiresApiKey } from '../auth/access.js';
import { requirePermitted } from '../auth/permitted-topics.js';
import { checkedQuery } from '../http/checked-query.js';
import { sendingFull } from '../http/limit-sending.js';
import { disconnect, whenClosed, whileOpen } from '../http/response-closed.js';
import { ApiGetEvent, ApiListEvents, ApiLookup } from './events.docs.js';
import { Events } from './events.js';
import { EventsQuery } from './events.query.js';
import { BYTES_PER_CHUNK } from './export.js';
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
  @RequiresApiKey('read', { topicsIn: 'query' })
  @ApiListEvents()
  async list(
    @Query(checkedQuery()) query: EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (wantsLines(accept)) await reply.type(NDJSON_TYPE).send(this.lines(query, reply));
    else await reply.type(JSON_TYPE).send(await this.events.page(query, whileOpen(reply)));
  }

  @Post('lookup')
  @RequiresApiKey('read', { topicsIn: 'body' })
  @HttpCode(200)
  @ApiLookup()
  async lookup(@Body() body: unknown, @Req() { apiKey }: FastifyRequest): Promise<LookupResult> {
    const keys = readLookup(body);
    requirePermitted(apiKey, 'read', keys, (index) => `/keys/${index}`);
    return this.events.lookup(keys);
  }

  @Get(':topic/:event_id')
  @RequiresApiKey('read', { topicsIn: 'path' })
  @Header('content-type', JSON_TYPE)
  @ApiGetEvent()
  get(@Param('topic') topic: string, @Param('event_id') eventId: string): Promise<string> {
    return this.events.get(topic, eventId);
  }

  private lines(query: EventsQuery, reply: FastifyReply): Readable {
    // HEAD reads no events. Like the response to GET, it has no Content-Length.
    if (reply.request.method === 'HEAD') return Readable.from([]);
    const { sendBudget } = reply.server;
    if (!sendBudget.hasRoom(BYTES_PER_CHUNK)) throw sendingFull();
    const lines = this.events.lines(query, sendBudget, () => disconnect(reply));
    whenClosed(reply, () => lines.destroy());
    return lines;
  }
}
