import { Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Config } from '../config.js';
import { EventQueue } from '../queue/event-queue.js';
import { Store } from '../store/store.js';

const PROBE_TIMEOUT_MS = 1_000;
const PROBE_TTL_MS = 500;
const LOW_DISK_BYTES = 256 * 1024 * 1024;

/** What the probes ask, each as a terminus check. */
@Injectable()
export class Health {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly store: Store,
    private readonly queue: EventQueue,
    private readonly config: Config,
  ) {}

  /** Everything, with figures. */
  all(): Promise<HealthCheckResult> {
    return this.terminus.check([() => this.database(), () => this.queueRoom(), () => this.disk()]);
  }

  /** The process answers. It asks nothing else: a restart would not mend a full disk. */
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** Events can be published now. */
  ready(): Promise<HealthCheckResult> {
    return this.terminus.check([() => this.database(), () => this.queueRoom()]);
  }

  /** Writable: a page was written and synced. Shared by all probes of half a second. */
  private database() {
    return this.indicators
      .check('database')
      .attempt(() => this.store.probe())
      .withTimeout(PROBE_TIMEOUT_MS)
      .cacheFor(PROBE_TTL_MS);
  }

  private queueRoom() {
    const { depth, capacity, draining } = this.queue;
    const check = this.indicators.check('queue');
    const figures = { depth, capacity, draining };
    return depth >= capacity || draining ? check.down(figures) : check.up(figures);
  }

  private async disk() {
    const path = dirname(this.config.databasePath);
    const { bavail, blocks, bsize } = await statfs(path);
    const check = this.indicators.check('disk');
    const figures = { free_bytes: bavail * bsize, total_bytes: blocks * bsize };
    return figures.free_bytes < LOW_DISK_BYTES ? check.degraded(figures) : check.up(figures);
  }
}
