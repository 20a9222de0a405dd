import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { RETRY_AFTER } from '../http/problem.docs.js';
import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { DATABASE_DOWN, DATABASE_UP, QUEUE_FULL, QUEUE_UP, WAL_DOWN } from './health-examples.docs.js';
import { HealthProblem } from './health.dto.js';

const UNHEALTHY = { type: 'urn:problem:unhealthy', title: 'Unhealthy', status: 503 };

const EXAMPLES = {
  databaseDown: {
    value: {
      ...UNHEALTHY,
      detail: 'Failed checks: database.',
      info: QUEUE_UP,
      error: DATABASE_DOWN,
      details: { ...QUEUE_UP, ...DATABASE_DOWN },
    },
  },
  queueFull: {
    value: {
      ...UNHEALTHY,
      detail: 'Failed checks: queue.',
      info: {},
      error: QUEUE_FULL,
      details: QUEUE_FULL,
    },
  },
  walTooLarge: {
    value: {
      ...UNHEALTHY,
      detail: 'Failed checks: wal.',
      info: { ...DATABASE_UP, ...QUEUE_UP },
      error: WAL_DOWN,
      details: { ...DATABASE_UP, ...QUEUE_UP, ...WAL_DOWN },
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
