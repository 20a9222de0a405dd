const MS_PER_SECOND = 1000;

/**
 * Limits a rate, on average. The bucket holds the amount of one second and is filled continuously. A request of any
 * size is admitted unless the bucket is in debt, so that a rate may be lower than the size of one request. Concurrent
 * requests may exceed the rate, and their debt delays later ones.
 */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  constructor(
    readonly perSecond: number,
    private readonly now = () => performance.now(),
  ) {
    this.tokens = perSecond;
    this.filledAt = now();
  }

  /** Takes tokens. May leave a debt. */
  spend(amount: number): void {
    this.fill();
    this.tokens -= amount;
  }

  /** Returns the time until the bucket is out of debt, in milliseconds. Returns 0 if a request is admitted now. */
  waitMs(): number {
    this.fill();
    return this.tokens >= 0 ? 0 : (-this.tokens / this.perSecond) * MS_PER_SECOND;
  }

  /** Returns the amount that is left. Returns 0 while in debt. */
  remaining(): number {
    this.fill();
    return Math.max(0, Math.floor(this.tokens));
  }

  private fill(): void {
    const now = this.now();
    const earned = ((now - this.filledAt) / MS_PER_SECOND) * this.perSecond;
    this.tokens = Math.min(this.perSecond, this.tokens + earned);
    this.filledAt = now;
  }
}
