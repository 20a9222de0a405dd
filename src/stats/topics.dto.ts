import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsName } from '../validation/name.js';
import { WholeNumber } from '../validation/whole-number.js';

/** The query string of GET /topics. */
export class TopicsQuery {
  @IsOptional()
  @WholeNumber(1, 1000)
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  limit: number = 100;

  @IsOptional()
  @IsName()
  @ApiPropertyOptional({
    description: 'Only topics behind this one, in the order of their UTF-8 bytes: the next page.',
  })
  after?: string;
}

/** What was counted for one topic; received = unique_processed + duplicate_dropped. */
export class TopicStats {
  @ApiProperty({ example: 'orders' })
  topic!: string;

  @ApiProperty({ type: 'integer', example: 3 })
  received!: number;

  @ApiProperty({ type: 'integer', example: 2 })
  unique_processed!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  duplicate_dropped!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  conflicts!: number;

  @ApiProperty({
    description: 'When its first event was stored: UTC, RFC 3339.',
    example: '2026-01-31T12:00:00.125Z',
  })
  first_event_at!: string;

  @ApiProperty({ description: 'When its last event was stored.', example: '2026-01-31T12:00:01.250Z' })
  last_event_at!: string;
}

/** A page of GET /topics. */
export class TopicsPage {
  @ApiProperty({ type: 'integer', example: 1 })
  count!: number;

  @ApiProperty({ type: [TopicStats] })
  topics!: TopicStats[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The `after` of the next page; null at the end.',
    example: null,
  })
  next_cursor!: string | null;
}
