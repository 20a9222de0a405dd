import { setTimeout as sleep } from 'node:timers/promises';
import { apiKeyOf, readUrl } from '../service-url.js';
import { CommandError, UsageError } from '../command.js';
import { backoffMs } from '../simulate/backoff.js';
import { classifyFailure } from '../simulate/failure.js';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

const GIVE_UP_AFTER_MS = 60_000;
/** Maximum time for a request without a byte of the response. */
const IDLE_TIMEOUT_MS = 60_000;

/** A failed attempt that may succeed on retry. */
export class FailedAttempt extends Error {
  override readonly name = 'FailedAttempt';

  constructor(
    message: string,
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}

/** Calls one service with the API key of the environment, and repeats what failed. */
export class ServiceClient {
  private readonly url: URL;
  private readonly headers: Readonly<Record<string, string>>;

  /** Throws `UsageError` if the URL is invalid. */
  constructor(
    url: string,
    private readonly signal: AbortSignal,
  ) {
    const parsed = readUrl(url);
    if (!parsed) throw new UsageError(`--url ${url}: must be an address such as ${DEFAULT_URL}`);
    const apiKey = apiKeyOf(process.env);
    this.url = parsed;
    this.headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  /**
   * Sends a request and passes its response on. `touch` restarts the time that the response may pause. Rejects with
   * `FailedAttempt` if a retry may succeed, and with `CommandError` if not. Accepts status 200, and those in `accepted`.
   */
  async exchange<T>(
    path: string,
    init: RequestInit,
    read: (response: Response, touch: () => void) => Promise<T>,
    accepted: readonly number[] = [],
  ): Promise<T> {
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(new FailedAttempt('timeout')), IDLE_TIMEOUT_MS);
    try {
      const response = await fetch(new URL(path, this.url), {
        ...init,
        headers: { ...this.headers, ...(init.headers as Record<string, string>) },
        signal: AbortSignal.any([this.signal, idle.signal]),
      });
      if (response.status !== 200 && !accepted.includes(response.status))
        await reject(`${init.method ?? 'GET'} /${path.replace(/\?.*/s, '')}`, response);
      return await read(response, () => void timer.refresh());
    } catch (error) {
      this.signal.throwIfAborted();
      throw toFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Repeats the attempt with backoff until it succeeds. Rejects with `CommandError` after 60 s without progress, which is
   * a change of the value that `position` returns.
   */
  async retry<T>(attempt: () => Promise<T>, position: () => number): Promise<T> {
    let failures = 0;
    let reached = position();
    let deadline = performance.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof FailedAttempt)) throw error;
        if (position() !== reached) {
          [failures, reached, deadline] = [0, position(), performance.now() + GIVE_UP_AFTER_MS];
        }
        const waitMs = backoffMs(failures++, error.retryAfterMs);
        if (performance.now() + waitMs > deadline)
          throw new CommandError(
            `The service at ${this.url.href} is not available (${error.message}). Gave up after ${GIVE_UP_AFTER_MS / 1000} s.`,
            { cause: error },
          );
        await sleep(waitMs, undefined, { signal: this.signal });
      }
    }
  }
}

/** Throws the failure that a response reports. */
async function reject(call: string, response: Response): Promise<never> {
  const text = await response.text();
  let body: object | undefined;
  try {
    body = JSON.parse(text) as object;
  } catch {
    // A response of a proxy.
  }
  const headers = Object.fromEntries(response.headers);
  const { reason, retryAfterMs } = classifyFailure(call, { status: response.status, headers, body });
  throw new FailedAttempt(reason, retryAfterMs);
}

/** Converts the error of a connection, which fetch reports as the cause of a TypeError, and that of malformed JSON. */
function toFailure(error: unknown): unknown {
  if (error instanceof SyntaxError)
    return new CommandError('The response is not JSON. Check the address of the service.', { cause: error });
  if (!(error instanceof TypeError) || error.cause === undefined) return error;
  const { code, message } = error.cause as { code?: string; message?: string };
  return new FailedAttempt(code ?? message ?? error.message);
}
