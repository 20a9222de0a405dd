import type { ProblemDto } from '../../http/problem.dto.js';
import { CommandError } from '../command.js';
import { parseRetryAfterMs } from './backoff.js';
import type { HttpResponse } from './client.js';

/** A failed attempt that may succeed on retry. */
export interface FailedAttempt {
  /** Cause by which retries are counted, such as `ECONNREFUSED` or `503 queue-full`. */
  readonly reason: string;
  /** Whether the service may have processed the request. */
  readonly ambiguous: boolean;
  /** Wait that the service requested with Retry-After, or 0 if the header is absent. */
  readonly retryAfterMs: number;
}

/** A failure that ends the run. The operator reads the message. */
export class PublishingError extends CommandError {
  override readonly name = 'PublishingError';
}

/** The service is overloaded or stopping, or a load balancer got no response from a replica. */
const RETRIED = new Set([429, 502, 503, 504]);

/** Problem types of a 503 that guarantee that no event of the request was accepted. */
const NOTHING_ACCEPTED = new Set(['queue-full', 'receiving-full', 'sending-full', 'shutting-down']);

/** Classifies a response other than 200. Throws `PublishingError` if a retry would fail too. */
export function classifyFailure(call: string, { status, headers, body }: HttpResponse): FailedAttempt {
  const problem: Partial<ProblemDto> = body ?? {};
  if (!RETRIED.has(status)) throw new PublishingError(formatRejection(call, status, problem));
  const kind = problem.type?.replace(/^urn:problem:/, '') ?? '';
  return {
    reason: `${status} ${kind}`.trim(),
    // A load balancer may send 502, 504 or any other 503 after it has forwarded the request.
    ambiguous: status !== 429 && !NOTHING_ACCEPTED.has(kind),
    retryAfterMs: parseRetryAfterMs(headers['retry-after']),
  };
}

function formatRejection(
  call: string,
  status: number,
  { title = '', detail, errors = [] }: Partial<ProblemDto>,
): string {
  const lines = [`${call}: ${status} ${title}`.trim()];
  if (detail) lines.push(detail);
  for (const error of errors) lines.push(`  ${error.pointer}: ${error.detail}`);
  return lines.join('\n');
}
