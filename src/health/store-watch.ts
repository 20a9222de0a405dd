import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Store, type StoreCheck } from '../store/store.js';

const INTERVAL_MS = 1_000;
/** Minimum time between two warnings about one check. */
const REPEAT_MS = 60_000;

/** Logs store checks that are not up, because the service may run without health probes. */
@Injectable()
export class StoreWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(StoreWatch.name);
  /** Time of the last warning about a check, and whether the check has recovered since. Keyed by the check's name. */
  private readonly warnings = new Map<string, { readonly at: number; readonly recovered: boolean }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: Store) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.watch(), INTERVAL_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async watch(): Promise<void> {
    for (const check of await this.store.checks()) this.log(check);
  }

  /** Logs a warning at most once a minute, even if the check recovers and fails again in between. */
  private log({ name, status, figures, reason }: StoreCheck): void {
    const warning = this.warnings.get(name);
    if (status !== 'up') {
      if (warning && performance.now() - warning.at < REPEAT_MS) return;
      this.warnings.set(name, { at: performance.now(), recovered: false });
      this.logger.warn({ msg: `store check ${status}`, check: name, ...figures, reason });
    } else if (warning && !warning.recovered) {
      this.warnings.set(name, { ...warning, recovered: true });
      this.logger.log({ msg: 'store check recovered', check: name, ...figures });
    }
  }
}
