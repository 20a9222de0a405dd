const CHECKS_PER_PERIOD = 10;

/** A body that is being received. */
export interface Transfer {
  /** Bytes received so far. */
  readonly bytes: number;
  /** Is called at most once, if the body arrives too slowly. */
  onSlow(): void;
}

/** The current measurement period of a transfer. */
interface Period {
  readonly startedAtCheck: number;
  readonly startedAtBytes: number;
}

/**
 * Ends transfers that are slower than a minimum rate, averaged over each period. Without a minimum, a few clients could
 * fill the memory for bodies and hold it by sending a byte from time to time.
 *
 * All transfers share one timer, which runs only while there are transfers. Time is measured in ticks of this timer, so
 * time in which the event loop is blocked does not count.
 */
export class MinimumRate {
  /** Periods by transfer, in the order in which they began. */
  private readonly periods = new Map<Transfer, Period>();
  private timer: NodeJS.Timeout | undefined;
  private checks = 0;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly periodMs: number,
  ) {}

  add(transfer: Transfer): void {
    this.begin(transfer);
    this.timer ??= setInterval(() => this.check(), this.periodMs / CHECKS_PER_PERIOD).unref();
  }

  delete(transfer: Transfer): void {
    this.periods.delete(transfer);
  }

  private begin(transfer: Transfer): void {
    this.periods.set(transfer, { startedAtCheck: this.checks, startedAtBytes: transfer.bytes });
  }

  private check(): void {
    // The timer is stopped here and not in delete(), because short transfers would start and stop it constantly.
    if (this.periods.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.checks++;
    const minBytes = (this.bytesPerSecond * this.periodMs) / 1000;
    for (const [transfer, { startedAtCheck, startedAtBytes }] of this.periods) {
      // The first tick of a period is incomplete, so a period takes one tick more. The remaining periods began later.
      if (this.checks - startedAtCheck <= CHECKS_PER_PERIOD) return;
      this.periods.delete(transfer);
      if (transfer.bytes - startedAtBytes < minBytes) transfer.onSlow();
      else this.begin(transfer);
    }
  }
}
