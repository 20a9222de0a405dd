import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { STORED_EVENT_EXAMPLE } from '../event/examples.docs.js';

/** A stored event. Its strings have no pattern, because they were checked when the event was accepted. */
@ApiSchema({ name: 'StoredEvent', description: 'An event in the store.' })
export class StoredEventDto {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    description: 'Position in commit order, from 1, without gaps.',
    example: STORED_EVENT_EXAMPLE.seq,
  })
  seq!: number;

  @ApiProperty({ description: 'Subject of the event.', example: STORED_EVENT_EXAMPLE.topic })
  topic!: string;

  @ApiProperty({
    description: 'Identifies the event within its topic.',
    example: STORED_EVENT_EXAMPLE.event_id,
  })
  event_id!: string;

  @ApiProperty({
    description: 'Time of the event, exactly as the publisher sent it. The offset may be absent.',
    example: STORED_EVENT_EXAMPLE.timestamp,
  })
  timestamp!: string;

  @ApiProperty({ description: 'Name of the publisher.', example: STORED_EVENT_EXAMPLE.source })
  source!: string;

  @ApiProperty({
    description: 'Payload of the event, deep-equal to the published payload.',
    type: 'object',
    additionalProperties: true,
    example: STORED_EVENT_EXAMPLE.payload,
  })
  payload!: Record<string, unknown>;

  @ApiProperty({
    format: 'date-time',
    description: 'Time at which the event was stored (RFC 3339, UTC). Never decreases with `seq`.',
    example: STORED_EVENT_EXAMPLE.processed_at,
  })
  processed_at!: string;
}

/** A page of `GET /events`. */
@ApiSchema({ description: 'A page of stored events.' })
export class EventsPage {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The `topic` of the query, or null.',
    example: 'orders',
  })
  topic!: string | null;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    description: 'Number of events on this page.',
    example: 1,
  })
  count!: number;

  @ApiProperty({ type: [StoredEventDto], maxItems: 1000 })
  events!: StoredEventDto[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'Cursor of the next page. Send it as `before` with `order=desc`, or as `after` with `order=asc`. null on the last page.',
    example: null,
  })
  next_cursor!: number | null;
}
