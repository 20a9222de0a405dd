import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { NeedsKey } from '../auth/access.js';
import type { ParsedBody } from '../http/bodies.js';
import { Ingest, type PublishAnswer } from './ingest.js';
import { ApiPublish } from './publish.docs.js';
import { applyPreferences, NO_PREFERENCES, readPrefer } from './prefer.js';

@ApiTags('publish')
@Controller('publish')
export class PublishController {
  constructor(private readonly ingest: Ingest) {}

  @Post()
  @NeedsKey('publish')
  @HttpCode(200)
  @ApiPublish()
  async publish(
    @Body() body: ParsedBody | Readable | undefined,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PublishAnswer> {
    // Of a stream there is nothing to prefer: its answer is sums, when all is stored.
    const preferences = body instanceof Readable ? NO_PREFERENCES : readPrefer(headers['prefer']);
    const answer = await this.ingest.publish(body, headers, preferences);
    applyPreferences(preferences, reply);
    // What is left of a body that broke off stands in the way of another request.
    if (!reply.request.raw.complete) reply.header('connection', 'close');
    return answer;
  }
}
