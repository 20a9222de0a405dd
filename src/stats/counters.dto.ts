import { ApiProperty } from '@nestjs/swagger';

/** The counters of one topic or of all topics. received = unique_processed + duplicate_dropped. */
export class Counters {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Events with a verdict of any outcome.',
    example: 3,
  })
  received!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Events stored.', example: 2 })
  unique_processed!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Events not stored because their key was already stored. Includes conflicts.',
    example: 1,
  })
  duplicate_dropped!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Dropped events whose payload differed from the stored one.',
    example: 0,
  })
  conflicts!: number;
}
