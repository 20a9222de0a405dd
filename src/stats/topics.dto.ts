import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsName } from '../validation/name.js';
import { NAME_SCHEMA } from '../validation/schemas.docs.js';
import { DEFAULT_LIMIT, PageLimit } from '../validation/paging.js';
import { Counters } from './counters.dto.js';

/** The query string of `GET /topics`. */
export class TopicsQuery {
  @PageLimit('Maximum number of topics on the page.')
  limit: number = DEFAULT_LIMIT;

  @IsOptional()
  @IsName()
  @ApiPropertyOptional({
    ...NAME_SCHEMA,
    description:
      'Returns the topics after this name, in the order of UTF-8 bytes. For the next page, send `next_cursor`.',
  })
  after?: string;
}

@ApiSchema({
  description: 'The counters of one topic. `received` = `unique_processed` + `duplicate_dropped`.',
})
class TopicStats extends Counters {
  @ApiProperty({ description: 'Name of the topic.', example: 'orders' })
  topic!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'Time at which the first event of the topic was stored (RFC 3339, UTC).',
    example: '2026-01-31T12:00:00.125Z',
  })
  first_event_at!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'Time at which the last event of the topic was stored (RFC 3339, UTC).',
    example: '2026-01-31T12:00:01.250Z',
  })
  last_event_at!: string;
}

/** A page of `GET /topics`. */
@ApiSchema({ description: 'A page of topics, sorted by name.' })
export class TopicsPage {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    description: 'Number of topics on this page.',
    example: 1,
  })
  count!: number;

  @ApiProperty({ type: [TopicStats], maxItems: 1000 })
  topics!: TopicStats[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Cursor of the next page. Send it as `after`. null on the last page.',
    example: null,
  })
  next_cursor!: string | null;
}
