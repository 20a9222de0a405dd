import { Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ApiKey } from '../auth/api-key.js';
import { requirePermitted } from '../auth/permitted-topics.js';
import type { ReceivedBody } from '../http/received-body.js';
import { EventQueue } from '../queue/event-queue.js';
import { NdjsonIngest } from './ndjson.js';
import type { Preferences } from './prefer.js';
import type { PublishedLines } from './ndjson.dto.js';
import { EventReader } from './event-reader.js';
import { toProblem, toUploadProblem } from './publish-problems.js';
import {
  batchResponse,
  estimateResponseBytes,
  eventResponse,
  type PublishResponse,
  queuedResponse,
  UPLOAD_RESPONSE_BYTES,
} from './responses.js';

/** Converts a publish request into one submission, offers it to the queue, and responds with the verdicts. */
@Injectable()
export class Ingest {
  constructor(
    private readonly reader: EventReader,
    private readonly queue: EventQueue,
    private readonly lines: NdjsonIngest,
  ) {}

  /**
   * Resolves when the events are durable or, with `respondAsync`, when the queue has accepted them. Calls
   * `reserveResponse` with the estimated size of the response before any event is accepted, and rejects if this
   * function throws.
   */
  async publish(
    body: ReceivedBody | Readable | undefined,
    headers: IncomingHttpHeaders,
    prefer: Preferences,
    apiKey: ApiKey | undefined,
    reserveResponse: (bytes: number) => void,
  ): Promise<PublishResponse> {
    if (body instanceof Readable) {
      reserveResponse(UPLOAD_RESPONSE_BYTES);
      return this.publishLines(body, apiKey);
    }
    const received_at = new Date().toISOString();
    const { events, bytes, single, pointer } = await this.reader.read(body, headers);
    requirePermitted(apiKey, 'publish', events, (index) => (single ? pointer : `${pointer}/${index}`));
    const withResults = !prefer.minimal && !prefer.respondAsync;
    reserveResponse(estimateResponseBytes(events, single, withResults));
    try {
      const options = { bytes, wait: !prefer.respondAsync, publisher: apiKey?.name };
      const receipt = await this.queue.offer(events, options);
      apiKey?.rateLimit?.spend(events.length, bytes);
      if (receipt === 'queued') return queuedResponse(events, single, received_at);
      const verdicts = await receipt.verdicts;
      return single
        ? eventResponse(events[0]!, verdicts[0]!, received_at)
        : batchResponse(events, verdicts, received_at, !withResults);
    } catch (error) {
      throw toProblem(error);
    }
  }

  private async publishLines(stream: Readable, apiKey: ApiKey | undefined): Promise<PublishedLines> {
    try {
      return await this.lines.publish(stream, apiKey);
    } catch (error) {
      throw toUploadProblem(error);
    }
  }
}
