import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The response of `GET /stats`. received = unique_processed + duplicate_dropped, across restarts. */
@ApiSchema({
  name: 'Stats',
  description: 'Totals since the store was created. `received` = `unique_processed` + `duplicate_dropped`.',
})
export class StatsResponse {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Events with a verdict, whatever the outcome.',
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

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Events accepted and not yet stored.',
    example: 0,
  })
  queue_depth!: number;

  @ApiProperty({
    type: [String],
    description: 'Every topic, in the order of its first event.',
    example: ['orders'],
  })
  topics!: string[];

  @ApiProperty({ minimum: 0, description: 'Seconds since the service started.', example: 3600.5 })
  uptime!: number;
}
