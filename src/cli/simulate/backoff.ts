const INITIAL_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2000;

/**
 * Returns the time to wait after a failed attempt, in milliseconds. The first attempt is 0. The time is Retry-After
 * plus an exponential backoff. Full jitter spreads the retries of publishers that failed at the same time.
 */
export function backoffMs(attempt: number, retryAfterMs = 0): number {
  return retryAfterMs + Math.random() * Math.min(INITIAL_BACKOFF_MS * 2 ** attempt, MAX_BACKOFF_MS);
}

/**
 * Parses the seconds or date of Retry-After (RFC 9110, section 10.2.3) as milliseconds. Returns 0 if it is absent or
 * malformed.
 */
export function parseRetryAfterMs(header: string | undefined): number {
  if (header === undefined) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const ms = Date.parse(header) - Date.now();
  return ms > 0 ? ms : 0;
}
