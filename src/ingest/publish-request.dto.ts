import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { CLOSED, EventDto } from '../event/event.dto.js';
import { MAX_EVENTS_PER_REQUEST } from './event-list.js';

@ApiSchema({ name: 'EventBatch', description: 'A batch of events, as an object.', ...CLOSED })
export class EventBatchDto {
  @ApiProperty({ type: [EventDto], minItems: 1, maxItems: MAX_EVENTS_PER_REQUEST })
  events!: EventDto[];
}

@ApiSchema({
  name: 'CloudEvent',
  description:
    'A CloudEvent 1.0. `type` becomes the topic, `source` becomes the source, and `data` becomes the payload. The event_id is `source#id`, because two sources may use the same id. In the source, `%` and `#` are escaped as `%25` and `%23`. Other attributes are accepted but not stored.',
})
export class CloudEventDto {
  @ApiProperty({ enum: ['1.0'] })
  specversion!: '1.0';

  @ApiProperty({ minLength: 1, maxLength: 255, description: 'Becomes the topic.', example: 'orders' })
  type!: string;

  @ApiProperty({
    minLength: 1,
    maxLength: 255,
    description: 'A URI reference. Becomes the source, and the first part of the event_id.',
    example: 'checkout',
  })
  source!: string;

  @ApiProperty({
    minLength: 1,
    maxLength: 255,
    description: 'Unique within the source. Becomes the second part of the event_id.',
    example: '2004',
  })
  id!: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Becomes the timestamp. If absent, the timestamp is the time of receipt.',
    example: '2026-01-31T12:00:04Z',
  })
  time?: string;

  @ApiPropertyOptional({
    description: 'Becomes the payload. A value that is not an object is stored as `{"value": …}`.',
    oneOf: [
      { type: 'object', additionalProperties: true },
      { type: 'array', items: {} },
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'null' },
    ],
  })
  data?: unknown;

  @ApiPropertyOptional({
    description: 'Binary data in Base64, instead of `data`. Stored as `{"data_base64": …}`.',
  })
  data_base64?: string;
}
