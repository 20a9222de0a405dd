import { ApiProperty } from '@nestjs/swagger';

export const MAX_KEYS = 10_000;

/** A dedup key. */
export class KeyDto {
  @ApiProperty({ example: 'orders' })
  topic!: string;

  @ApiProperty({ example: 'order-1001' })
  event_id!: string;
}

/** The body of POST /events/lookup. */
export class LookupQuestion {
  @ApiProperty({ type: [KeyDto], minItems: 1, maxItems: MAX_KEYS })
  keys!: KeyDto[];
}

/** A key that is stored. */
export class StoredKey extends KeyDto {
  @ApiProperty({ type: 'integer', example: 1 })
  seq!: number;
}

/** The answer of POST /events/lookup; both lists are in the order asked. */
export class LookupAnswer {
  @ApiProperty({ type: [StoredKey] })
  stored!: StoredKey[];

  @ApiProperty({ type: [KeyDto] })
  missing!: KeyDto[];
}
