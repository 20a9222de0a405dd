import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEM_EXAMPLES } from './problem-examples.docs.js';
import { ProblemDto } from './problem.dto.js';
import { PROBLEM_MEDIA_TYPE } from './problem.js';

type ExampleName = keyof typeof PROBLEM_EXAMPLES;

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is malformed.',
  401: 'The API key is missing or unknown. Only if the service has API keys.',
  403: 'The API key lacks the required scope, or is limited to other topics. Only if the service has API keys.',
  404: 'Nothing is stored under this key.',
  413: 'The request contains too many items or too many bytes.',
  415: 'The media type or the content encoding is not supported.',
  422: 'The request is well-formed but invalid. `errors` lists each problem.',
  429: 'The rate limit of the API key is exceeded. Try again after `Retry-After`. Only if the API key has a rate limit.',
  503: 'The service cannot process the request now. Try again after `Retry-After`.',
};

/** The headers of a 429 and a 503. */
export const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds to wait before the next attempt.',
    schema: { type: 'integer' as const, minimum: 1 },
  },
};

/**
 * Documents the errors of an operation. Each name is that of an example, and examples with the same status share a
 * response. Adds the errors of every operation, which are 400 for a malformed query string and 500. All errors have the
 * same schema.
 */
export function ApiProblems(...names: readonly ExampleName[]): MethodDecorator {
  const statuses = new Map<number, ExampleName[]>();
  for (const name of ['malformedQuery', ...names] as const) {
    const { status } = PROBLEM_EXAMPLES[name];
    statuses.set(status, [...(statuses.get(status) ?? []), name]);
  }
  return applyDecorators(
    ...[...statuses].map(([status, examples]) => problem(status, examples)),
    ApiResponse({
      status: 'default',
      description: 'Any other error.',
      content: problemContent(['unexpected']),
    }),
  );
}

/** Documents the errors of an operation that requires an API key, if the service has API keys. */
export function ApiKeyProblems(scope: 'publish' | 'read'): MethodDecorator {
  return applyDecorators(
    problem(401, ['noApiKey', 'unknownApiKey']),
    problem(403, [`${scope}Scope`, `${scope}Topic`]),
    ...(scope === 'publish' ? [problem(429, ['rateLimited'])] : []),
  );
}

function problem(status: number, names: readonly ExampleName[]): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiResponse({
      status,
      description: DESCRIPTIONS[status]!,
      content: problemContent(names),
      ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
    }),
  );
}

/** Returns the content of a response. openApiDocument() adds the `instance` of each example. */
function problemContent(names: readonly ExampleName[]) {
  const examples = Object.fromEntries(names.map((name) => [name, { value: PROBLEM_EXAMPLES[name] }]));
  return { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(ProblemDto) }, examples } };
}
