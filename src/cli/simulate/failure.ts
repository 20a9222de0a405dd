import type { ProblemDto } from '../../http/problem.dto.js';
import { readRetryAfterMs } from './backoff.js';
import type { Answer } from './client.js';

/** A failed attempt that a retry may repair. */
export interface FailedAttempt {
  /** Groups equal causes: `ECONNREFUSED`, `503 queue-full`. */
  readonly reason: string;
  /** Whether the service may have processed the request. */
  readonly ambiguous: boolean;
  /** Value of Retry-After. */
  readonly retryAfterMs: number;
}

/** A failure that a retry cannot repair. The message is for the operator. */
export class PublishingError extends Error {
  override readonly name = 'PublishingError';
}

/** Kinds of 503 which guarantee that nothing of the request was accepted. */
const NOTHING_ACCEPTED = new Set(['queue-full', 'receiving-full', 'shutting-down']);

/** Classifies a response other than 200. Throws `PublishingError` if a retry is useless. */
export function failureOf(call: string, { status, headers, body }: Answer): FailedAttempt {
  const problem: Partial<ProblemDto> = body ?? {};
  if (status !== 429 && status !== 503) throw new PublishingError(refusal(call, status, problem));
  const kind = problem.type?.replace(/^urn:problem:/, '') ?? '';
  return {
    reason: `${status} ${kind}`.trim(),
    // Any other 503 may come from a proxy that had already forwarded the request.
    ambiguous: status === 503 && !NOTHING_ACCEPTED.has(kind),
    retryAfterMs: readRetryAfterMs(headers['retry-after']),
  };
}

function refusal(
  call: string,
  status: number,
  { title = '', detail, errors = [] }: Partial<ProblemDto>,
): string {
  const lines = [`${call}: ${status} ${title}`.trim()];
  if (detail) lines.push(detail);
  for (const error of errors) lines.push(`  ${error.pointer}: ${error.detail}`);
  return lines.join('\n');
}
