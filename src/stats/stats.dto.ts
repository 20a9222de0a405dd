import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Counters } from './counters.dto.js';

/** The query string of `GET /stats`, which has no parameters. */
export class StatsQuery {}

@ApiSchema({
  name: 'Stats',
  description: 'Totals since the store was created. `received` = `unique_processed` + `duplicate_dropped`.',
})
export class StatsResponse extends Counters {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Number of events accepted and not yet stored.',
    example: 0,
  })
  queue_depth!: number;

  @ApiProperty({
    type: [String],
    description: 'Names of all topics, in the order of their first events.',
    example: ['orders'],
  })
  topics!: string[];

  @ApiProperty({ minimum: 0, description: 'Seconds since the service started.', example: 3600.5 })
  uptime!: number;
}
