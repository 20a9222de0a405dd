import { Injectable } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { EventQueue } from '../queue/event-queue.js';
import { Store, type StoreCheck } from '../store/store.js';

const PROBE_TIMEOUT_MS = 1_000;
const PROBE_TTL_MS = 500;
const LOW_DISK_BYTES = 256 * 1024 * 1024;

/** Runs the checks of the health endpoints as terminus indicators. */
@Injectable()
export class Health {
  private isStopping = false;

  constructor(
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly store: Store,
    private readonly queue: EventQueue,
  ) {}

  /** Runs every check and returns its figures. */
  all(): Promise<HealthCheckResult> {
    return this.terminus.check([
      () => this.shutdown(),
      () => this.database(),
      () => this.queueRoom(),
      () => this.broker(),
      () => this.disk(),
      () => this.storeChecks(),
    ]);
  }

  /** Makes `/health` and `/health/ready` fail from now on, while requests are still served. */
  announceShutdown(): void {
    this.isStopping = true;
  }

  /** Returns `ok` without running a check, because a restart does not repair a full disk. */
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** Checks that events can be published. Omits store checks that are `degraded`, because they do not prevent that. */
  ready(): Promise<HealthCheckResult> {
    return this.terminus.check([
      () => this.shutdown(),
      () => this.database(),
      () => this.queueRoom(),
      () => this.storeChecks(({ status }) => status === 'down'),
    ]);
  }

  /** Writes and fsyncs a page. Calls within half a second share one result. */
  private database() {
    return this.indicators
      .check('database')
      .attempt(() => this.store.probe())
      .withTimeout(PROBE_TIMEOUT_MS)
      .cacheFor(PROBE_TTL_MS);
  }

  private shutdown(): HealthIndicatorResult {
    if (!this.isStopping) return {};
    const reason = 'The service received SIGTERM or SIGINT. Send requests to another replica.';
    return this.indicators.check('shutdown').down({ reason });
  }

  private async queueRoom() {
    const { depth, capacity, draining } = await this.queue.load();
    const check = this.indicators.check('queue');
    const figures = { depth, capacity, draining };
    return depth >= capacity || draining ? check.down(figures) : check.up(figures);
  }

  /** Reports a broker that does not respond as `degraded`, because publishers that wait are served without it. */
  private async broker(): Promise<HealthIndicatorResult> {
    const { broker } = await this.queue.load();
    if (!broker) return {};
    const { depth, problem } = broker;
    const check = this.indicators.check('broker');
    if (problem === undefined) return check.up({ depth });
    const reason = `NATS does not respond: ${problem}. Prefer: respond-async gets 503. Check the servers of QUEUE_URL.`;
    return check.degraded({ depth, reason });
  }

  private async disk() {
    const check = this.indicators.check('disk');
    const space = await this.store.space();
    if (!space) return check.up();
    const figures = { free_bytes: space.freeBytes, total_bytes: space.totalBytes };
    return space.freeBytes < LOW_DISK_BYTES ? check.degraded(figures) : check.up(figures);
  }

  /** Returns the selected checks of the store, each under its own name. */
  private async storeChecks(
    isSelected: (check: StoreCheck) => boolean = () => true,
  ): Promise<HealthIndicatorResult> {
    const checks = (await this.store.checks()).filter(isSelected);
    return Object.fromEntries(
      checks.map(({ name, status, figures, reason }) => [
        name,
        { status, ...figures, ...(reason !== undefined && { reason }) },
      ]),
    );
  }
}
