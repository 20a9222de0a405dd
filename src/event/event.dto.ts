import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsObject } from 'class-validator';
import { IsName, NAME } from '../validation/name.js';
import { IsTimestamp } from '../validation/timestamp.js';

const Name = (description: string, example: string) =>
  applyDecorators(
    IsName(),
    ApiProperty({ description, example, type: 'string', minLength: 1, maxLength: 255, pattern: NAME.source }),
  );

/** An event as a publisher sends it. Other fields are ignored. */
@ApiSchema({ name: 'Event' })
export class EventDto {
  @Name('What the event is about; with event_id it makes the dedup key.', 'orders')
  topic!: string;

  @Name('Unique within the topic; a retry sends the same one.', 'order-1001')
  event_id!: string;

  @IsTimestamp()
  @ApiProperty({
    description: 'When it happened: RFC 3339; without an offset it is taken as UTC. Kept as sent.',
    example: '2026-01-31T12:00:00.000Z',
    type: 'string',
  })
  timestamp!: string;

  @Name('Who published it.', 'checkout')
  source!: string;

  @IsObject({ message: 'must be a JSON object' })
  @ApiPropertyOptional({
    description: 'Any JSON object; {} if it is left out. The same key with another payload is a conflict.',
    example: { order: 1001, total: '49.90' },
    type: 'object',
    additionalProperties: true,
  })
  payload: Record<string, unknown> = {};
}
