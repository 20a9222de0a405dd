import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { FieldProblem, ProblemDto, ProblemKind, ProblemType } from './problem.dto.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Maximum number of errors in a response. Formatting thousands of messages would block the event loop. */
export const MAX_REPORTED_ERRORS = 100;

/** Limits of a JSON pointer. The caller chooses the member names and the nesting, and each error contains them. */
const MAX_NAME_CHARACTERS = 255;
const MAX_LEVELS = 100;
/** Maximum length of a pointer and of a detail. Limits the response to an invalid request to about 100 KiB. */
const MAX_TEXT_CHARACTERS = 500;

/**
 * Value of the Retry-After header. One second is sufficient, because a full queue has room again long before it is
 * empty.
 */
export const RETRY_AFTER_SECONDS = '1';

interface ProblemOptions {
  readonly type?: ProblemType;
  readonly title?: string;
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Additional members of the body. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** An error that is sent to the caller. */
export class Problem extends HttpException {
  constructor(
    status: number,
    readonly detail: string,
    readonly about: ProblemOptions = {},
  ) {
    super(detail, status);
  }

  /** Returns the body (RFC 9457). `instance` is the path of the request, and `requestId` its id. */
  toBody(instance: string, requestId: string): ProblemDto {
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
      request_id: requestId,
      ...(errors && { errors: [...errors] }),
    };
  }
}

/** Creates a 422 that lists each invalid part of the request. */
export function invalid(detail: string, errors: readonly FieldProblem[]): Problem {
  return new Problem(422, detail, {
    type: 'urn:problem:invalid-request',
    title: 'Invalid request',
    errors: errors.map(shortened),
  });
}

/** Truncates the texts of a problem, because they may repeat long values that the caller sent. */
export function shortened<P extends FieldProblem>(problem: P): P {
  const { pointer, detail } = problem;
  return {
    ...problem,
    pointer: shorten(pointer, MAX_TEXT_CHARACTERS),
    detail: shorten(detail, MAX_TEXT_CHARACTERS),
  };
}

/** Creates a 503 with Retry-After for a temporary condition. */
export function unavailable(kind: ProblemKind, title: string, detail: string): Problem {
  return new Problem(503, detail, {
    type: `urn:problem:${kind}`,
    title,
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
  });
}

/**
 * Returns the JSON pointer (RFC 6901) to a member. Truncates long names and deep paths, and marks the truncation with
 * an ellipsis.
 */
export function jsonPointer(path: readonly (string | number)[]): string {
  const parts = path
    .slice(0, MAX_LEVELS)
    .map((part) => shorten(String(part), MAX_NAME_CHARACTERS).replaceAll('~', '~0').replaceAll('/', '~1'));
  if (path.length > MAX_LEVELS) parts.push('…');
  return parts.map((part) => `/${part}`).join('');
}

function shorten(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
}
