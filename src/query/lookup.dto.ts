import { ApiProperty } from '@nestjs/swagger';

export const MAX_KEYS = 10_000;

/** A dedup key. */
export class EventKey {
  @ApiProperty({ example: 'orders' })
  topic!: string;

  @ApiProperty({ example: 'order-1001' })
  event_id!: string;
}

/** The body of POST /events/lookup. */
export class LookupRequest {
  @ApiProperty({ type: [EventKey], minItems: 1, maxItems: MAX_KEYS })
  keys!: EventKey[];
}

/** A key that is stored. */
export class StoredKey extends EventKey {
  @ApiProperty({ type: 'integer', example: 1 })
  seq!: number;
}

/** The answer of POST /events/lookup; both lists are in the order asked. */
export class LookupResult {
  @ApiProperty({ type: [StoredKey] })
  stored!: StoredKey[];

  @ApiProperty({ type: [EventKey] })
  missing!: EventKey[];
}
