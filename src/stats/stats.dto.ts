import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The answer of GET /stats. received = unique_processed + duplicate_dropped, across restarts. */
@ApiSchema({ name: 'Stats' })
export class StatsResponse {
  @ApiProperty({ type: 'integer', description: 'Events processed, whatever their outcome.', example: 3 })
  received!: number;

  @ApiProperty({ type: 'integer', description: 'Events stored.', example: 2 })
  unique_processed!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Events whose key was there already, conflicts among them.',
    example: 1,
  })
  duplicate_dropped!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Dropped events whose payload was not that of the first.',
    example: 0,
  })
  conflicts!: number;

  @ApiProperty({ type: 'integer', description: 'Events accepted and not yet processed.', example: 0 })
  queue_depth!: number;

  @ApiProperty({ type: [String], description: 'In the order of their first event.', example: ['orders'] })
  topics!: string[];

  @ApiProperty({ type: 'number', description: 'Seconds since the start.', example: 3600.5 })
  uptime!: number;
}
