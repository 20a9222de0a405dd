import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsKey } from '../auth/access.js';
import { ApiProblems } from '../http/problem.docs.js';
import { checkedQuery } from '../http/checked-query.js';
import { LiveStreams } from './live-streams.js';
import { openStream } from './open-stream.js';
import { StreamQuery } from './stream.query.js';

@ApiTags('events')
@Controller('events/stream')
export class StreamController {
  constructor(private readonly streams: LiveStreams) {}

  @Get()
  @NeedsKey('read')
  @ApiOperation({
    operationId: 'streamEvents',
    summary: 'Stored events as they come, as server-sent events',
    description:
      'First the past after the cursor, then what is new, each event once and in order. A client that reconnects with Last-Event-ID, as EventSource does by itself, goes on where it stopped.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The seq after which to go on.' })
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    description: 'For each event `id: ` its seq, `event: event`, `data: ` the event as in GET /events.',
    content: {
      'text/event-stream': {
        schema: { type: 'string' },
        example: 'id: 1\nevent: event\ndata: {"seq":1,"topic":"orders","event_id":"order-1001", …}\n\n',
      },
    },
  })
  @ApiProblems(400, 422, 503)
  stream(
    @Query(checkedQuery()) query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return openStream(this.streams, query, lastEventId, reply);
  }
}
