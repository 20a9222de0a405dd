import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { type EventSelection, topicPattern } from '../event/selection.js';
import { invalid, type Problem } from '../http/problem.js';
import type { EventFilter } from '../store/event-filter.js';
import { DEFAULT_LIMIT, PageLimit, SeqCursor } from '../validation/paging.js';
import { IsName } from '../validation/name.js';
import { NAME_SCHEMA, TIMESTAMP_SCHEMA } from '../validation/schemas.docs.js';
import { IsTimestamp, parseTimestamp } from '../validation/timestamp.js';
import { SelectionQuery } from './selection.query.js';

/** Size in bytes at which a page ends. Bounds the memory of one request. */
const PAGE_BYTES = 1024 * 1024;
/** Latest time with a four-digit year. As text, times with longer years would not sort correctly. */
const LATEST = '9999-12-31T23:59:59.999Z';

/** Declares an optional time. Restores an unescaped `+` in the offset, which a query string decodes as a space. */
function Time(description: string): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.replace(/ (?=\d\d:\d\d$)/, '+') : value,
    ),
    IsTimestamp(),
    ApiPropertyOptional({ ...TIMESTAMP_SCHEMA, description }),
  );
}

/** The query string of `GET /events`. */
export class EventsQuery extends SelectionQuery {
  @IsOptional()
  @IsName()
  @ApiPropertyOptional({
    ...NAME_SCHEMA,
    description:
      'Selects the event with this `event_id`. Requires `topic`, which must be the name of one topic. If the name looks like a pattern, also send `match=exact`. Also finds a topic or event_id that is `.` or `..`, which most clients remove from the path of `GET /events/{topic}/{event_id}`.',
  })
  event_id?: string;

  @Time(
    'Selects events stored (`processed_at`) at this time (RFC 3339) or later. Without an offset, the time is UTC.',
  )
  since?: string;

  @Time(
    'Selects events stored (`processed_at`) before this time (RFC 3339). Without an offset, the time is UTC.',
  )
  until?: string;

  @PageLimit('Maximum number of events on the page. Ignored for NDJSON.')
  limit: number = DEFAULT_LIMIT;

  @IsOptional()
  @IsIn(['asc', 'desc'])
  @ApiPropertyOptional({
    enum: ['asc', 'desc'],
    default: 'desc',
    description: 'Order by `seq`. `asc` returns the oldest events first.',
  })
  order: 'asc' | 'desc' = 'desc';

  @SeqCursor('Selects events with a greater `seq`. For the next page with `order=asc`, send `next_cursor`.')
  after?: number;

  @SeqCursor('Selects events with a smaller `seq`. For the next page with `order=desc`, send `next_cursor`.')
  before?: number;
}

/**
 * Converts a query into a filter for the store, with times in the format of the store. Throws a 422 if `event_id` is
 * sent without the name of one topic.
 */
export function toFilter({ since, until, ...rest }: EventsQuery): EventFilter {
  requireOneTopic(rest);
  return {
    ...rest,
    maxBytes: PAGE_BYTES,
    ...(since && { since: toUtc(since) }),
    ...(until && { until: toUtc(until) }),
  };
}

function requireOneTopic(query: EventSelection & { readonly event_id?: string }): void {
  if (query.event_id === undefined) return;
  if (query.topic === undefined) throw invalidTopic('is required with event_id');
  if (topicPattern(query) !== undefined) {
    throw invalidTopic('must be the name of one topic with event_id; if this is its name, send match=exact');
  }
}

function invalidTopic(detail: string): Problem {
  return invalid('The query is invalid: topic.', [{ pointer: 'topic', detail }]);
}

/**
 * Converts a valid timestamp to UTC with milliseconds, so that it can be compared as text with the times of the store.
 */
function toUtc(timestamp: string): string {
  const date = parseTimestamp(timestamp);
  return date > new Date(LATEST) ? LATEST : date.toISOString();
}
