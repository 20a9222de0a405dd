import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { IsTimestamp, toUtc } from '../ingest/timestamp.js';
import type { EventFilter } from '../store/event-filter.js';

const AsInteger = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  );

/** The query string of GET /events. */
export class EventsQuery {
  @IsOptional()
  @IsString()
  @ApiPropertyOptional({ description: 'Only this topic.', example: 'orders' })
  topic?: string;

  @IsOptional()
  @IsString()
  @ApiPropertyOptional({ description: 'Only what this source published.' })
  source?: string;

  @IsOptional()
  @IsTimestamp()
  @ApiPropertyOptional({
    description:
      'Only what was stored (processed_at) at this time or later; RFC 3339, UTC if it has no offset.',
  })
  since?: string;

  @IsOptional()
  @IsTimestamp()
  @ApiPropertyOptional({ description: 'Only what was stored (processed_at) before this time.' })
  until?: string;

  @IsOptional()
  @AsInteger()
  @IsInt()
  @Min(1)
  @Max(1000)
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
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
  @AsInteger()
  @IsInt()
  @Min(0)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only a greater seq: with order=asc, the next page.',
  })
  after?: number;

  @IsOptional()
  @AsInteger()
  @IsInt()
  @Min(0)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Only a smaller seq: with order=desc, the next page.',
  })
  before?: number;
}

/** The same as the store understands it: times as it writes them. */
export function toFilter({ since, until, ...rest }: EventsQuery): EventFilter {
  return { ...rest, ...(since && { since: toUtc(since) }), ...(until && { until: toUtc(until) }) };
}
