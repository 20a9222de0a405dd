import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEM_MEDIA_TYPE, ProblemDto } from '../http/problem.js';

const DESCRIPTIONS = {
  400: 'The body is not JSON, or the request is malformed.',
  401: 'No key, or one that is not known. Only where the service has keys.',
  403: 'The key has not the scope that is needed. Only where the service has keys.',
  404: 'There is no such thing.',
  413: 'Too many events or bytes for one request.',
  415: 'The media type is not one that is taken here.',
  422: 'Something in the request is invalid; `errors` names each part.',
  503: 'Not now: the queue is full, the store cannot write, or the service is stopping. `Retry-After` says when to try again.',
} as const;

/** Documents the errors of an operation, all of one schema: RFC 9457. Any operation may answer 500. */
export function ApiProblems(...statuses: (keyof typeof DESCRIPTIONS)[]): MethodDecorator {
  const content = { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(ProblemDto) } } };
  const retryAfter = {
    'Retry-After': { description: 'Seconds.', schema: { type: 'integer' as const, minimum: 1 } },
  };
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: DESCRIPTIONS[status],
        content,
        ...(status === 503 && { headers: retryAfter }),
      }),
    ),
    ApiResponse({ status: 'default', description: 'Any other error.', content }),
  );
}
