import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EventDto } from '../event/event.dto.js';

/** A stored event, with its payload as a JSON object. */
@ApiSchema({ name: 'StoredEvent' })
export class StoredEventDto extends EventDto {
  @ApiProperty({ type: 'object', additionalProperties: true, example: { order: 1001, total: '49.90' } })
  override payload: Record<string, unknown> = {};

  @ApiProperty({ type: 'integer', description: 'The order of storing, from 1.', example: 1 })
  seq!: number;

  @ApiProperty({ description: 'When it was stored: UTC, RFC 3339.', example: '2026-01-31T12:00:00.125Z' })
  processed_at!: string;
}

/** A page of GET /events. */
export class EventsPage {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The topic that was asked for.',
    example: 'orders',
  })
  topic!: string | null;

  @ApiProperty({ type: 'integer', description: 'Events on this page.', example: 1 })
  count!: number;

  @ApiProperty({ type: [StoredEventDto] })
  events!: StoredEventDto[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'For the next page: `before` this with order=desc, `after` this with order=asc. null at the end.',
    example: null,
  })
  next_cursor!: number | null;
}
