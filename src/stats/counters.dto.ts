import { ApiProperty } from '@nestjs/swagger';

/** The counters of one topic or of all topics. `received` = `unique_processed` + `duplicate_dropped`. */
export class Counters {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Number of events that were stored or dropped.',
    example: 3,
  })
  received!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Number of events that were stored.', example: 2 })
  unique_processed!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description:
      'Number of events that were dropped because their key was already stored. Includes conflicts.',
    example: 1,
  })
  duplicate_dropped!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Number of dropped events whose payload differs from the stored payload.',
    example: 0,
  })
  conflicts!: number;
}
