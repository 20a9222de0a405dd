const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 2000;

/**
 * How long to wait before the attempt after this one (0 is the first), in milliseconds: exponential with full
 * jitter, so that publishers who failed together do not come back together. It comes on top of what the
 * service asked for.
 */
export function backoffMs(attempt: number, retryAfterMs = 0): number {
  return retryAfterMs + Math.random() * Math.min(FIRST_BACKOFF_MS * 2 ** attempt, LAST_BACKOFF_MS);
}

/** A Retry-After header (RFC 9110, section 10.2.3: seconds or a date) in milliseconds; 0 if absent or malformed. */
export function readRetryAfterMs(header: string | undefined): number {
  if (header === undefined) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const ms = Date.parse(header) - Date.now();
  return ms > 0 ? ms : 0;
}
