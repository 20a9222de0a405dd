import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

/** Kinds of problems that have their own `type`, because callers handle each kind differently. */
const PROBLEM_KINDS = [
  'invalid-request',
  'rate-limited',
  'queue-full',
  'queue-unavailable',
  'receiving-full',
  'sending-full',
  'reading-full',
  'store-unavailable',
  'shutting-down',
  'unhealthy',
] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** The `type` of a problem. */
export type ProblemType = 'about:blank' | `urn:problem:${ProblemKind}`;

@ApiSchema({ description: 'One problem with a field of the request.' })
export class FieldProblem {
  @ApiProperty({
    description:
      'JSON Pointer (RFC 6901) into the body. For example, `/3/topic` is the topic of the fourth event. For a query parameter or a header, this is its name.',
    example: '/3/topic',
  })
  pointer!: string;

  @ApiProperty({
    description: 'What is wrong with the field.',
    example: 'must be a string of 1 to 255 characters, not only blanks, without control characters',
  })
  detail!: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description:
      'Line number, starting at 1. Present if the body is NDJSON. `pointer` is then relative to that line.',
  })
  line?: number;
}

/** The body of every error (RFC 9457). */
@ApiSchema({
  name: 'Problem',
  description:
    'The body of every error (RFC 9457). Programs should evaluate `status` and `type`. `title` and `detail` are for humans, and their text may change.',
})
export class ProblemDto {
  @ApiProperty({
    enum: ['about:blank', ...PROBLEM_KINDS.map((kind) => `urn:problem:${kind}`)],
    description: `The kind of problem.

| type | status | meaning |
|---|---|---|
| \`about:blank\` | any | No meaning beyond the status. |
| \`urn:problem:invalid-request\` | 422 | Part of the request is invalid. \`errors\` lists each part. |
| \`urn:problem:rate-limited\` | 429 | The rate limit of the API key is exceeded. |
| \`urn:problem:queue-full\` | 503 | The queue has no room for these events. |
| \`urn:problem:queue-unavailable\` | 503 | The broker of the queue does not respond. The events may or may not be stored. |
| \`urn:problem:receiving-full\` | 503 | Too many request bodies are in transit. |
| \`urn:problem:sending-full\` | 503 | Too many responses are waiting to be read by clients. |
| \`urn:problem:reading-full\` | 503 | Too many requests are scanning the store. |
| \`urn:problem:store-unavailable\` | 503 | The store cannot be written or read. |
| \`urn:problem:shutting-down\` | 503 | The service is stopping. |
| \`urn:problem:unhealthy\` | 503 | A health check failed. |`,
    example: 'urn:problem:invalid-request',
  })
  type!: ProblemType;

  @ApiProperty({ description: 'Summary of the problem type.', example: 'Invalid request' })
  title!: string;

  @ApiProperty({
    type: 'integer',
    minimum: 400,
    maximum: 599,
    description: 'The status code of the response.',
    example: 422,
  })
  status!: number;

  @ApiProperty({
    description: 'What is wrong and what to do.',
    example: '1 of 4 events is invalid; nothing was accepted.',
  })
  detail!: string;

  @ApiProperty({ description: 'Path of the request.', example: '/publish' })
  instance!: string;

  @ApiProperty({
    description:
      'Id of the request: that of its header `X-Request-Id`, or a new one. The log of the service contains it.',
    example: 'dGhpc2lz-17',
  })
  request_id!: string;

  @ApiPropertyOptional({
    type: [FieldProblem],
    maxItems: 100,
    description:
      'The problems with fields of the request, at most 100. Present with 422, and with 403 or 413 if only some parts are at fault.',
  })
  errors?: FieldProblem[];
}
