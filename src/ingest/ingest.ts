import { Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ParsedBody } from '../http/bodies.js';
import { Problem, unavailable } from '../http/problem.js';
import {
  EventQueue,
  QueueDrainingError,
  QueueFullError,
  SubmissionTooLargeError,
} from '../queue/event-queue.js';
import { StoreUnavailableError } from '../store/store-errors.js';
import type {
  PublishedBatch,
  PublishedEvent,
  PublishedLines,
  QueuedBatch,
  QueuedEvent,
} from './publish.dto.js';
import { PublishLines } from './ndjson.js';
import { readPublishBody } from './read-events.js';
import type { Preferences } from './prefer.js';
import type { NewEvent } from '../event/event.js';
import type { Verdict } from '../event/verdict.js';

export type PublishAnswer = PublishedEvent | PublishedBatch | QueuedEvent | QueuedBatch | PublishedLines;

const RETRY_AFTER_SECONDS = 1;

/** Makes a request one submission, offers it to the queue, and words the answer. */
@Injectable()
export class Ingest {
  constructor(
    private readonly queue: EventQueue,
    private readonly lines: PublishLines,
  ) {}

  /** Resolves when the events are on disk; with `respondAsync`, when the queue has taken them. */
  async publish(
    body: ParsedBody | Readable | undefined,
    headers: IncomingHttpHeaders,
    prefer: Preferences,
  ): Promise<PublishAnswer> {
    if (body instanceof Readable) return this.publishLines(body);
    const received_at = new Date().toISOString();
    const { events, bytes, single } = await readPublishBody(body?.take(), headers);
    try {
      const receipt = await this.queue.offer(events, { bytes, wait: !prefer.respondAsync });
      if (receipt === 'queued') return queuedAnswer(events, single, received_at);
      const verdicts = await receipt.verdicts;
      return single
        ? eventAnswer(events[0]!, verdicts[0]!, received_at)
        : batchAnswer(events, verdicts, received_at, prefer.minimal);
    } catch (error) {
      throw asProblem(error);
    }
  }

  private async publishLines(stream: Readable): Promise<PublishedLines> {
    try {
      return await this.lines.publish(stream);
    } catch (error) {
      if (error instanceof QueueDrainingError)
        throw stopping('What was stored stays; sending the file again is safe.');
      throw asProblem(error);
    }
  }
}

function eventAnswer({ event_id }: NewEvent, { outcome, seq }: Verdict, received_at: string): PublishedEvent {
  const message = {
    stored: `stored as event ${seq}`,
    duplicate: `already stored as event ${seq}; not stored again`,
    conflict: `event ${seq} has this topic and event_id and another payload, which stays`,
  }[outcome];
  return { status: 'accepted', message, event_id, received_at, outcome, seq };
}

function batchAnswer(
  events: readonly NewEvent[],
  verdicts: readonly Verdict[],
  received_at: string,
  minimal: boolean,
): PublishedBatch {
  const count = { stored: 0, duplicate: 0, conflict: 0 };
  for (const { outcome } of verdicts) count[outcome]++;
  return {
    status: 'accepted',
    message: `stored: ${count.stored}, duplicates: ${count.duplicate}, conflicts: ${count.conflict}`,
    received_at,
    received: events.length,
    stored: count.stored,
    duplicates: count.duplicate,
    conflicts: count.conflict,
    ...(!minimal && {
      results: events.map(({ topic, event_id }, index) => ({ topic, event_id, ...verdicts[index]! })),
    }),
  };
}

function queuedAnswer(
  events: readonly NewEvent[],
  single: boolean,
  received_at: string,
): QueuedEvent | QueuedBatch {
  const common = {
    status: 'accepted',
    message: 'queued, not yet stored',
    received_at,
    outcome: 'queued',
  } as const;
  return single ? { ...common, event_id: events[0]!.event_id } : { ...common, received: events.length };
}

function asProblem(error: unknown): unknown {
  if (error instanceof QueueFullError) {
    return unavailable(
      'queue-full',
      'Queue full',
      `${error.message} Nothing was taken; try again later.`,
      RETRY_AFTER_SECONDS,
    );
  }
  if (error instanceof SubmissionTooLargeError) return new Problem(413, `${error.message} Split the batch.`);
  if (error instanceof QueueDrainingError) return stopping('Nothing was taken; try again.');
  if (error instanceof StoreUnavailableError) {
    return unavailable(
      'store-unavailable',
      'Store unavailable',
      'The events could not be written. Sending them again is safe: what was stored is told as a duplicate.',
      RETRY_AFTER_SECONDS,
    );
  }
  return error;
}

function stopping(detail: string): Problem {
  return unavailable(
    'shutting-down',
    'Shutting down',
    `The service is stopping. ${detail}`,
    RETRY_AFTER_SECONDS,
  );
}
