import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Count } from './publish.dto.js';

@ApiSchema({ description: 'A line that was rejected.' })
export class LineProblem {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Line number, starting at 1.', example: 3 })
  line!: number;

  @ApiProperty({ description: 'What is wrong with the line.', example: '/topic is required' })
  detail!: string;
}

@ApiSchema({
  description:
    'The response to NDJSON. `received` = `stored` + `duplicates` + `conflicts`. `received` does not include rejected lines. Only this response has `rejected`.',
})
export class PublishedLines {
  @Count('Number of valid lines.', 2)
  received!: number;

  @Count('Number of new events.', 2)
  stored!: number;

  @Count('Number of events whose key was already stored with an equal payload.', 0)
  duplicates!: number;

  @Count('Number of events whose key was already stored with a different payload.', 0)
  conflicts!: number;

  @Count('Number of invalid lines, which are not stored.', 1)
  rejected!: number;

  @ApiProperty({
    description:
      'Whether the whole body was read. False if it ended early, if it could not be decompressed, or if too many consecutive lines contained no event. Sending it again is safe.',
    example: true,
  })
  complete!: boolean;

  @ApiProperty({
    type: [LineProblem],
    maxItems: 101,
    description:
      'The rejected lines with the first 100 problems. If `complete` is false, the last item is the first line that was not read.',
  })
  errors!: LineProblem[];
}
