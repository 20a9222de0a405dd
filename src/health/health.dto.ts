import { ApiProperty, type ApiPropertyOptions, ApiSchema } from '@nestjs/swagger';
import { ProblemDto } from '../http/problem.dto.js';
import { DATABASE_DOWN, DATABASE_UP, QUEUE_UP } from './health-examples.docs.js';

const checks = (description: string, example: object): ApiPropertyOptions => ({
  description,
  example,
  type: 'object',
  additionalProperties: {
    type: 'object',
    properties: { status: { type: 'string', enum: ['up', 'degraded', 'down'] } },
    required: ['status'],
    additionalProperties: true,
  },
});

/** The response of a health check that passed, as terminus returns it. */
@ApiSchema({ name: 'Health', description: 'The results of the health checks, by the name of the check.' })
export class HealthResponse {
  @ApiProperty({
    enum: ['ok', 'degraded'],
    description: 'degraded: the service works, and a check needs attention.',
  })
  status!: 'ok' | 'degraded';

  @ApiProperty(checks('Checks that passed.', { ...DATABASE_UP, ...QUEUE_UP }))
  info!: object;

  @ApiProperty(checks('Checks that failed: none.', {}))
  error!: object;

  @ApiProperty(checks('Every check.', { ...DATABASE_UP, ...QUEUE_UP }))
  details!: object;
}

/** The problem that a failed health check returns: the members of a problem, and those of the terminus result. */
@ApiSchema({
  name: 'HealthProblem',
  description: 'A problem with the results of the health checks, by the name of the check.',
})
export class HealthProblem extends ProblemDto {
  @ApiProperty(checks('Checks that passed.', QUEUE_UP))
  info!: object;

  @ApiProperty(checks('Checks that failed. Empty while the service stops.', DATABASE_DOWN))
  error!: object;

  @ApiProperty(checks('Every check.', { ...DATABASE_DOWN, ...QUEUE_UP }))
  details!: object;
}
