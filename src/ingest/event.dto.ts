import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, Matches } from 'class-validator';
import { IsTimestamp } from './timestamp.js';

/**
 * 1 to 255 characters, not only blanks, no control characters, no lone surrogates (which UTF-8 cannot hold:
 * two keys that differ in them would become one).
 */
const NAME = /^(?=\s*\S)[^\p{Cc}\p{Cs}]{1,255}$/u;

const Name = (description: string, example: string) =>
  applyDecorators(
    Matches(NAME, {
      message: 'must be a string of 1 to 255 characters, not only blanks, without control characters',
    }),
    ApiProperty({ description, example, type: 'string', minLength: 1, maxLength: 255, pattern: NAME.source }),
  );

/** An event as a publisher sends it. Other fields are ignored. */
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
