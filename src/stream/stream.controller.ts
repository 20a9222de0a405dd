import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequiresApiKey } from '../auth/access.js';
import { checkedQuery } from '../http/checked-query.js';
import { LiveStreams } from './live-streams.js';
import { openStream } from './open-stream.js';
import { ApiStreamEvents } from './stream.docs.js';
import { StreamQuery } from './stream.query.js';

@ApiTags('events')
@Controller('events/stream')
export class StreamController {
  constructor(private readonly streams: LiveStreams) {}

  @Get()
  @RequiresApiKey('read', { topicsIn: 'query' })
  @ApiStreamEvents()
  stream(
    @Query(checkedQuery()) query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return openStream(this.streams, query, lastEventId, reply);
  }
}
