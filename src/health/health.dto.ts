import { ApiProperty, type ApiPropertyOptions, ApiSchema } from '@nestjs/swagger';
import { ProblemDto } from '../http/problem.dto.js';
import { ALL_UP, DATABASE_DOWN, DEGRADED, QUEUE_UP } from './health-examples.docs.js';

const checks = (description: string, example: object): ApiPropertyOptions => ({
  description,
  example,
  type: 'object',
  additionalProperties: {
    type: 'object',
    properties: {
      status: { type: 'string', enum: ['up', 'degraded', 'down'] },
      reason: { type: 'string', description: 'The problem and what to do about it.' },
    },
    required: ['status'],
    additionalProperties: true,
  },
});

/** Response of the health endpoints with status 200, in the format of terminus. */
@ApiSchema({ name: 'Health', description: 'The results of the health checks, by the name of the check.' })
export class HealthResponse {
  @ApiProperty({
    enum: ['ok', 'degraded'],
    description: DEGRADED,
  })
  status!: 'ok' | 'degraded';

  @ApiProperty(checks('Checks with the status `up` or `degraded`.', ALL_UP))
  info!: object;

  @ApiProperty(checks('Always empty, because no check failed.', {}))
  error!: object;

  @ApiProperty(checks('Every check.', ALL_UP))
  details!: object;
}

/**
 * A problem (RFC 9457) with the members `info`, `error` and `details` of the terminus result. Returned if a check fails
 * or the service is stopping.
 */
@ApiSchema({
  name: 'HealthProblem',
  description: 'A problem with the results of the health checks, by the name of the check.',
})
export class HealthProblem extends ProblemDto {
  @ApiProperty(checks('Checks with the status `up` or `degraded`.', QUEUE_UP))
  info!: object;

  @ApiProperty(checks('Checks that failed. May be empty while the service is stopping.', DATABASE_DOWN))
  error!: object;

  @ApiProperty(checks('All checks.', { ...DATABASE_DOWN, ...QUEUE_UP }))
  details!: object;
}
