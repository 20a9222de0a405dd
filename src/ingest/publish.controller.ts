import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { RequiresApiKey } from '../auth/access.js';
import type { ReceivedBody } from '../http/received-body.js';
import { Ingest } from './ingest.js';
import { ApiPublish } from './publish.docs.js';
import { applyPreferences, NO_PREFERENCES, readPrefer } from './prefer.js';
import type { PublishResponse } from './responses.js';

@ApiTags('publish')
@Controller('publish')
export class PublishController {
  constructor(private readonly ingest: Ingest) {}

  @Post()
  @RequiresApiKey('publish', { body: 'bytes', compress: false })
  @HttpCode(200)
  @ApiPublish()
  async publish(
    @Body() body: ReceivedBody | Readable | undefined,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PublishResponse> {
    // Prefer does not apply to NDJSON, whose only response is the totals after all lines are stored.
    const preferences = body instanceof Readable ? NO_PREFERENCES : readPrefer(headers['prefer']);
    const response = await this.ingest.publish(body, headers, preferences);
    applyPreferences(preferences, response, reply);
    // Otherwise the unread rest of a broken body would be parsed as the next request.
    if (!reply.request.raw.complete) reply.header('connection', 'close');
    return response;
  }
}
