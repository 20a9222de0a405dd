import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Count } from './publish.dto.js';

@ApiSchema({ description: 'A line that was rejected.' })
export class LineProblem {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Number of the line, from 1.', example: 3 })
  line!: number;

  @ApiProperty({ description: 'What is wrong with the line.', example: '/topic is required' })
  detail!: string;
}

@ApiSchema({
  description:
    'The response to NDJSON. `received` = `stored` + `duplicates` + `conflicts`. Rejected lines are not in `received`. Only this response has `rejected`.',
})
export class PublishedLines {
  @Count('Valid lines.', 2)
  received!: number;

  @Count('New events.', 2)
  stored!: number;

  @Count('Events whose key was already stored, with an equal payload.', 0)
  duplicates!: number;

  @Count('Events whose key was already stored with another payload.', 0)
  conflicts!: number;

  @Count('Invalid lines. They are not stored.', 1)
  rejected!: number;

  @ApiProperty({
    description:
      'False if the body ended early or could not be decompressed to its end. Sending it again is safe.',
    example: true,
  })
  complete!: boolean;

  @ApiProperty({
    type: [LineProblem],
    maxItems: 101,
    description: 'The first 100 rejected lines, and the line at which an incomplete body broke off.',
  })
  errors!: LineProblem[];
}
