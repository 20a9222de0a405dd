import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { RequiresApiKey } from '../auth/access.js';
import { closeIfUnread } from '../http/lingering-close.js';
import type { ReceivedBody } from '../http/received-body.js';
import { Ingest } from './ingest.js';
import { recordRejectedLines } from './rejected-lines.js';
import { ApiPublish } from './publish.docs.js';
import { applyPreferences, NO_PREFERENCES, readPrefer } from './prefer.js';
import type { PublishResponse } from './responses.js';

@ApiTags('publish')
@Controller('publish')
export class PublishController {
  constructor(private readonly ingest: Ingest) {}

  @Post()
  @RequiresApiKey('publish', { topicsIn: 'body', body: 'bytes', compress: false })
  @HttpCode(200)
  @ApiPublish()
  async publish(
    @Body() body: ReceivedBody | Readable | undefined,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PublishResponse> {
    // Prefer does not apply to NDJSON. Its only response contains the totals after all lines are stored.
    const preferences = body instanceof Readable ? NO_PREFERENCES : readPrefer(headers['prefer']);
    // Decompressing and storing a body may take minutes after it has arrived. Stops when the client disconnects.
    if (body instanceof Readable) reply.raw.once('close', () => reply.raw.writableFinished || body.destroy());
    const { apiKey } = reply.request;
    const response = await this.ingest.publish(body, headers, preferences, apiKey, (bytes) =>
      reply.reserveResponse(bytes),
    );
    if (apiKey?.rateLimit) reply.headers(apiKey.rateLimit.headers());
    if ('rejected' in response) recordRejectedLines(reply.request, response);
    applyPreferences(preferences, response, reply);
    closeIfUnread(reply);
    return response;
  }
}
