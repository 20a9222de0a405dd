import { ApiProperty, type ApiPropertyOptions, ApiSchema } from '@nestjs/swagger';

const indicators = (description: string, example: object): ApiPropertyOptions => ({
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

const queue = { queue: { status: 'up', depth: 0, capacity: 100_000, draining: false } };

/** What terminus answers when all is well. An unhealthy service answers a problem with the same members beside. */
@ApiSchema({ name: 'Health' })
export class HealthResponse {
  @ApiProperty({ enum: ['ok', 'degraded'] })
  status!: 'ok' | 'degraded';

  @ApiProperty(indicators('What is well.', queue))
  info!: object;

  @ApiProperty(indicators('What is not.', {}))
  error!: object;

  @ApiProperty(indicators('Both.', queue))
  details!: object;
}
