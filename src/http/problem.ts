import { HttpException } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Of one request; words for thousands would hold up everybody else. */
export const MAX_REPORTED_ERRORS = 100;

/** One thing that is wrong with a request. */
export class FieldProblem {
  @ApiProperty({
    description: 'JSON pointer (RFC 6901) into the body, or the name of a query parameter.',
    example: '/3/topic',
  })
  pointer!: string;

  @ApiProperty({
    example: 'must be a string of 1 to 255 characters, not only blanks, without control characters',
  })
  detail!: string;
}

/** The body of every error: RFC 9457. */
export class ProblemDto {
  @ApiProperty({
    description: 'Names the kind of problem; "about:blank" where the status says it all.',
    example: 'urn:problem:invalid-request',
  })
  type!: string;

  @ApiProperty({ example: 'Unprocessable Entity' })
  title!: string;

  @ApiProperty({ example: 422 })
  status!: number;

  @ApiProperty({
    description: 'What is wrong and what to change.',
    example: '1 of 4 events is invalid; none was taken.',
  })
  detail!: string;

  @ApiProperty({ description: 'The path that was asked for.', example: '/publish' })
  instance!: string;

  @ApiProperty({ type: [FieldProblem], required: false })
  errors?: FieldProblem[];
}

export interface ProblemOptions {
  readonly type?: string;
  readonly title?: string;
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the body. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** An error as the caller gets it. */
export class Problem extends HttpException {
  constructor(
    status: number,
    readonly detail: string,
    readonly about: ProblemOptions = {},
  ) {
    super(detail, status);
  }

  toBody(instance: string): ProblemDto {
    const {
      type = 'about:blank',
      title = STATUS_CODES[this.getStatus()] ?? 'Error',
      errors,
      extensions,
    } = this.about;
    const status = this.getStatus();
    return {
      ...extensions,
      type,
      title,
      status,
      detail: this.detail,
      instance,
      ...(errors && { errors: [...errors] }),
    };
  }
}

/** 422, naming each wrong part. */
export function invalid(detail: string, errors: readonly FieldProblem[]): Problem {
  return new Problem(422, detail, { type: 'urn:problem:invalid-request', title: 'Invalid request', errors });
}

/** 503, and when to try again. */
export function unavailable(kind: string, title: string, detail: string, retryAfterSeconds: number): Problem {
  return new Problem(503, detail, {
    type: `urn:problem:${kind}`,
    title,
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
