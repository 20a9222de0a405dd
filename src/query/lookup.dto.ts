import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { CLOSED } from '../event/event.dto.js';
import { EVENT_EXAMPLE } from '../event/examples.docs.js';
import { NAME_SCHEMA } from '../validation/schemas.docs.js';

export const MAX_KEYS = 10_000;

@ApiSchema({ description: 'The deduplication key of an event.', ...CLOSED })
export class EventKey {
  @ApiProperty({ ...NAME_SCHEMA, description: 'Topic of the event.', example: EVENT_EXAMPLE.topic })
  topic!: string;

  @ApiProperty({
    ...NAME_SCHEMA,
    description: 'Identifies the event within its topic.',
    example: EVENT_EXAMPLE.event_id,
  })
  event_id!: string;
}

/** The body of `POST /events/lookup`. */
@ApiSchema({ description: 'The keys to look up.', ...CLOSED })
export class LookupRequest {
  @ApiProperty({ type: [EventKey], minItems: 1, maxItems: MAX_KEYS })
  keys!: EventKey[];
}

@ApiSchema({ description: 'A key that is stored.' })
export class StoredKey extends EventKey {
  @ApiProperty({ type: 'integer', minimum: 1, description: '`seq` of the stored event.', example: 1 })
  seq!: number;
}

@ApiSchema({ description: 'The requested keys, separated into stored and missing ones.' })
export class LookupResult {
  @ApiProperty({ type: [StoredKey], description: 'Keys that are stored, in the order of the request.' })
  stored!: StoredKey[];

  @ApiProperty({ type: [EventKey], description: 'Keys that are not stored, in the order of the request.' })
  missing!: EventKey[];
}
