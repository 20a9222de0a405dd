import type { ProblemDto } from '../../http/problem.dto.js';
import { readRetryAfterMs } from './backoff.js';
import type { Answer } from './client.js';

/** An attempt that may succeed when it is made again. */
export interface FailedAttempt {
  /** Short, the same for the same cause: `ECONNREFUSED`, `503 queue-full`. */
  readonly reason: string;
  /** Whether what was asked may have been done all the same. */
  readonly ambiguous: boolean;
  /** How long the service asked to wait. */
  readonly retryAfterMs: number;
}

/** Trying again is of no use; the message is for people. */
export class PublishingError extends Error {
  override readonly name = 'PublishingError';
}

/** Problems of a 503 that promise that nothing of the request was taken. */
const NOTHING_TAKEN = new Set(['queue-full', 'receiving-full', 'shutting-down']);

/** What an answer other than 200 means; throws `PublishingError` where it is final. */
export function failureOf(call: string, { status, headers, body }: Answer): FailedAttempt {
  const problem: Partial<ProblemDto> = body ?? {};
  if (status !== 429 && status !== 503) throw new PublishingError(refusal(call, status, problem));
  const kind = problem.type?.replace(/^urn:problem:/, '') ?? '';
  return {
    reason: `${status} ${kind}`.trim(),
    // A 503 that names no such problem may come from a proxy that had passed the request on.
    ambiguous: status === 503 && !NOTHING_TAKEN.has(kind),
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
