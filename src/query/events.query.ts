import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { IsTimestamp } from '../validation/timestamp.js';
import { WholeNumber } from '../validation/whole-number.js';
import { SelectionQuery } from './selection.query.js';
import type { EventFilter } from '../store/event-filter.js';

/** In a query string, an unescaped + says blank: the offset +01:00 arrives as " 01:00". */
const PlusKept = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.replace(/ (?=\d\d:\d\d$)/, '+') : value,
  );

/** The query string of GET /events. */
export class EventsQuery extends SelectionQuery {
  @IsOptional()
  @PlusKept()
  @IsTimestamp()
  @ApiPropertyOptional({
    description:
      'Only what was stored (processed_at) at this time or later; RFC 3339, UTC if it has no offset.',
  })
  since?: string;

  @IsOptional()
  @PlusKept()
  @IsTimestamp()
  @ApiPropertyOptional({ description: 'Only what was stored (processed_at) before this time.' })
  until?: string;

  @IsOptional()
  @WholeNumber(1, 1000)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    default: 100,
    description: 'Of a page; as NDJSON the answer is everything.',
  })
  limit: number = 100;

  @IsOptional()
  @IsIn(['asc', 'desc'])
  @ApiPropertyOptional({
    enum: ['asc', 'desc'],
    default: 'desc',
    description: 'By seq: asc is oldest first.',
  })
  order: 'asc' | 'desc' = 'desc';

  @IsOptional()
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only a greater seq: with order=asc, the next page.',
  })
  after?: number;

  @IsOptional()
  @WholeNumber(0, Number.MAX_SAFE_INTEGER)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only a smaller seq: with order=desc, the next page.',
  })
  before?: number;
}

/** A page ends when it has become this large, so that no question can fill the memory. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** The same as the store understands it: times as it writes them. */
export function toFilter({ since, until, ...rest }: EventsQuery): EventFilter {
  return {
    ...rest,
    maxBytes: PAGE_BYTES,
    ...(since && { since: toUtc(since) }),
    ...(until && { until: toUtc(until) }),
  };
}

const LATEST = '9999-12-31T23:59:59.999Z';

/** A valid timestamp in UTC with milliseconds, to be compared as text with what the store wrote. */
function toUtc(timestamp: string): string {
  const text = timestamp.toUpperCase().replace(/^(?<minute>.{17})60(\.\d+)?/, '$<minute>59.999');
  const date = new Date(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
  return date > new Date(LATEST) ? LATEST : date.toISOString();
}
