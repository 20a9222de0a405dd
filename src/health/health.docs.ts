import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { RETRY_AFTER } from '../http/problem.docs.js';
import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { HealthProblem } from './health.dto.js';

const UNHEALTHY = { type: 'urn:problem:unhealthy', title: 'Unhealthy', status: 503 };
const QUEUE = { status: 'up', depth: 0, capacity: 100_000, draining: false };
const DATABASE = { status: 'down', message: 'timeout of 1000ms exceeded', responseTime: 1000 };

const EXAMPLES = {
  databaseDown: {
    value: {
      ...UNHEALTHY,
      detail: 'Failed checks: database.',
      info: { queue: QUEUE },
      error: { database: DATABASE },
      details: { queue: QUEUE, database: DATABASE },
    },
  },
  queueFull: {
    value: {
      ...UNHEALTHY,
      detail: 'Failed checks: queue.',
      info: {},
      error: { queue: { ...QUEUE, status: 'down', depth: 100_000 } },
      details: { queue: { ...QUEUE, status: 'down', depth: 100_000 } },
    },
  },
};

/** Documents the 503 of a health check that failed. */
export function ApiUnhealthy(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(HealthProblem),
    ApiResponse({
      status: 503,
      description: 'A check failed, or the service is stopping. `error` names the failed checks.',
      headers: RETRY_AFTER,
      content: {
        [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(HealthProblem) }, examples: EXAMPLES },
      },
    }),
  );
}
