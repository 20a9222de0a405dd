import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDto } from './problem.dto.js';
import { PROBLEM_MEDIA_TYPE } from './problem.js';

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

type Status = keyof typeof DESCRIPTIONS;

/** Documents the errors of an operation, all of one schema: RFC 9457. Any operation may answer 500. */
export function ApiProblems(...statuses: Status[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map(problem),
    ApiResponse({ status: 'default', description: 'Any other error.', content: CONTENT }),
  );
}

/** Documents the errors of an operation for which a key may be needed. */
export function ApiKeyProblems(): MethodDecorator {
  return applyDecorators(problem(401), problem(403));
}

const CONTENT = { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(ProblemDto) } } };
const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer' as const, minimum: 1 } },
};

function problem(status: Status): MethodDecorator {
  const headers = status === 503 ? { headers: RETRY_AFTER } : {};
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiResponse({ status, description: DESCRIPTIONS[status], content: CONTENT, ...headers }),
  );
}
