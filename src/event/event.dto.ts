import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsObject } from 'class-validator';
import { IsName } from '../validation/name.js';
import { NAME_SCHEMA, TIMESTAMP_SCHEMA } from '../validation/schemas.docs.js';
import { IsTimestamp } from '../validation/timestamp.js';
import { EVENT_EXAMPLE } from './examples.docs.js';

/**
 * Documents that unknown members are rejected. Spread it into the options of @ApiSchema, whose type lacks this keyword.
 */
export const CLOSED = { additionalProperties: false };

const Name = (description: string, example: string) =>
  applyDecorators(IsName(), ApiProperty({ ...NAME_SCHEMA, description, example }));

@ApiSchema({
  name: 'Event',
  description:
    'An event as a publisher sends it. `topic` and `event_id` are its deduplication key. Unknown members are rejected.',
  ...CLOSED,
})
export class EventDto {
  @Name(
    'Subject of the event. Dots separate levels, as in `orders.eu`, so that callers can select topics by pattern.',
    EVENT_EXAMPLE.topic,
  )
  topic!: string;

  @Name(
    'Identifies the event within its topic. Create it before the first attempt, and send the same value with each retry.',
    EVENT_EXAMPLE.event_id,
  )
  event_id!: string;

  @IsTimestamp()
  @ApiProperty({
    ...TIMESTAMP_SCHEMA,
    description:
      'Time of the event as an RFC 3339 date and time. Without an offset, it is in UTC. Stored and returned verbatim.',
    example: EVENT_EXAMPLE.timestamp,
  })
  timestamp!: string;

  @Name('Name of the publisher. Not part of the deduplication key.', EVENT_EXAMPLE.source)
  source!: string;

  @IsObject({ message: 'must be a JSON object' })
  @ApiPropertyOptional({
    description:
      'Any JSON object that is nested at most 100 levels deep. Defaults to `{}`. Every number keeps its exact value, such as 12345678901234567890. A number with an exponent beyond ±1000 is rejected. If a member name occurs twice in an object, the last value wins. Equal keys with different payloads are a conflict. The order of members is irrelevant.',
    example: EVENT_EXAMPLE.payload,
    type: 'object',
    additionalProperties: true,
  })
  payload: Record<string, unknown> = {};
}
