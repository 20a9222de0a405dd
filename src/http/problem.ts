import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { FieldProblem, ProblemDto, ProblemKind, ProblemType } from './problem.dto.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Of one request; words for thousands would hold up everybody else. */
export const MAX_REPORTED_ERRORS = 100;

export interface ProblemOptions {
  readonly type?: ProblemType;
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
export function unavailable(
  kind: ProblemKind,
  title: string,
  detail: string,
  retryAfterSeconds: number,
): Problem {
  return new Problem(503, detail, {
    type: `urn:problem:${kind}`,
    title,
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
