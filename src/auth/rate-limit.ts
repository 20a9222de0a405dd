import { Problem } from '../http/problem.js';
import { TokenBucket } from './token-bucket.js';

/** Maximum rates of one API key. An absent rate is unlimited. */
export interface Rates {
  readonly eventsPerSecond?: number;
  /** Estimated memory of the events, as `QUEUE_CAPACITY_BYTES` counts it. */
  readonly bytesPerSecond?: number;
}

/** Limits what one API key publishes per second. */
export class RateLimit {
  private readonly events: TokenBucket | undefined;
  private readonly bytes: TokenBucket | undefined;

  constructor(
    private readonly keyName: string,
    readonly rates: Rates,
  ) {
    const { eventsPerSecond, bytesPerSecond } = rates;
    this.events = eventsPerSecond ? new TokenBucket(eventsPerSecond) : undefined;
    this.bytes = bytesPerSecond ? new TokenBucket(bytesPerSecond) : undefined;
  }

  get isUnlimited(): boolean {
    return !this.events && !this.bytes;
  }

  /** Counts events that were accepted. */
  spend(events: number, bytes: number): void {
    this.events?.spend(events);
    this.bytes?.spend(bytes);
  }

  /** Returns the time until the next request is admitted, in milliseconds. Returns 0 if it is admitted now. */
  waitMs(): number {
    return Math.max(this.events?.waitMs() ?? 0, this.bytes?.waitMs() ?? 0);
  }

  /** Creates a 429. `waitMs` is the time until the next request is admitted. */
  exceeded(waitMs: number): Problem {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    return new Problem(
      429,
      `The API key ${this.keyName} may publish ${this.describe()}. Nothing was accepted; try again after ${seconds} s.`,
      {
        type: 'urn:problem:rate-limited',
        title: 'Rate limit exceeded',
        headers: { ...this.headers(), 'retry-after': String(seconds) },
      },
    );
  }

  /** Returns the headers of draft-ietf-httpapi-ratelimit-headers-10. */
  headers(): Record<string, string> {
    const { events, bytes } = this;
    const policies: string[] = [];
    const limits: string[] = [];
    const add = (name: string, bucket: TokenBucket, unit = '') => {
      policies.push(`"${name}";q=${bucket.perSecond};w=1${unit}`);
      limits.push(`"${name}";r=${bucket.remaining()};t=${Math.ceil(bucket.waitMs() / 1000)}`);
    };
    if (events) add('events', events);
    if (bytes) add('bytes', bytes, ';qu="content-bytes"');
    return { 'ratelimit-policy': policies.join(', '), ratelimit: limits.join(', ') };
  }

  private describe(): string {
    const { eventsPerSecond, bytesPerSecond } = this.rates;
    return [
      ...(eventsPerSecond ? [`${eventsPerSecond} events`] : []),
      ...(bytesPerSecond ? [`${bytesPerSecond} bytes`] : []),
    ]
      .join(' and ')
      .concat(' per second');
  }
}
