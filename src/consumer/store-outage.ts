import type { Logger } from '@nestjs/common';

/** Minimum time between two lines about the same outage. */
const REPEAT_MS = 60_000;

/** Logs the beginning and the end of an outage of the store, and once a minute that it lasts. */
export class StoreOutage {
  private began: number | undefined;
  private loggedAt = 0;
  /** Failed commits of this outage. */
  private batches = 0;

  constructor(
    private readonly logger: Logger,
    private readonly now = () => performance.now(),
  ) {}

  /** Records a commit that failed. */
  fail(reason: string): void {
    const now = this.now();
    this.batches++;
    if (this.began !== undefined && now - this.loggedAt < REPEAT_MS) return;
    this.began ??= now;
    this.loggedAt = now;
    this.logger.error({ msg: 'store failed', batches: this.batches, seconds: this.seconds(now), reason });
  }

  /** Records a commit that succeeded. */
  recover(): void {
    if (this.began === undefined) return;
    const seconds = this.seconds(this.now());
    this.logger.log({ msg: 'store recovered', batches: this.batches, seconds });
    this.began = undefined;
    this.batches = 0;
  }

  private seconds(now: number): number {
    return Math.round((now - this.began!) / 1000);
  }
}
