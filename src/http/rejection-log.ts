import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    rejections: RejectionLog;
  }
}

/** Minimum time between two lines with the same reason. */
const REPEAT_MS = 60_000;
/** Interval at which counted rejections are logged, if their time has come. */
const FLUSH_INTERVAL_MS = 5_000;
/** Maximum number of reasons that are counted at a time. All others are one reason. */
const MAX_REASONS = 1_000;
/** Maximum number of these reasons with an address, so that a scan from many addresses neither fills the log nor the map. */
const MAX_ADDRESSES = 100;
const UNAUTHORIZED = 401;

/** What is logged about a rejected request. */
export interface Rejection {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly api_key?: string | undefined;
  readonly address: string;
  /** Method and route. Absent if the request could not be parsed. */
  readonly call?: string;
  readonly request_id: string;
}

interface Reason {
  readonly hasAddress: boolean;
  loggedAt: number;
  /** Rejections since the last line, and the first of them. */
  count: number;
  first: Rejection | undefined;
}

/**
 * Logs rejected requests: the first with a reason at once, and the others at most once a minute, with their number. A
 * reason is an API key, a status and a type, and the address of a caller without a valid API key. Without this log, a
 * publisher whose events are rejected would go unnoticed.
 */
export class RejectionLog {
  private readonly logger = new Logger('Requests');
  private readonly reasons = new Map<string, Reason>();
  private addresses = 0;

  /** The number of rejections since the start, by status and type. Only the service chooses these, so they are few. */
  private readonly counts = new Map<
    string,
    { readonly status: number; readonly type: string; value: number }
  >();

  constructor(private readonly now = () => performance.now()) {}

  get totals(): readonly { readonly status: number; readonly type: string; readonly value: number }[] {
    return [...this.counts.values()];
  }

  record(rejection: Rejection): void {
    this.count(rejection);
    const reason = this.reasonOf(rejection);
    reason.count++;
    reason.first ??= rejection;
    if (this.now() - reason.loggedAt >= REPEAT_MS) this.log(reason);
  }

  /** Logs what was counted for a minute, or everything. Forgets reasons that did not occur for a minute. */
  flush(everything = false): void {
    for (const [name, reason] of this.reasons) {
      if (!everything && this.now() - reason.loggedAt < REPEAT_MS) continue;
      if (reason.first) {
        this.log(reason);
      } else {
        this.reasons.delete(name);
        if (reason.hasAddress) this.addresses--;
      }
    }
  }

  private reasonOf({ status, type, api_key = '', address }: Rejection): Reason {
    let name = `${api_key} ${status} ${type}`;
    let hasAddress = status === UNAUTHORIZED;
    if (hasAddress) {
      const found = this.reasons.get(`${name} ${address}`);
      if (found) return found;
      hasAddress = this.addresses < MAX_ADDRESSES;
      if (hasAddress) name = `${name} ${address}`;
    }
    return this.reasons.get(name) ?? this.add(name, hasAddress);
  }

  private add(name: string, hasAddress: boolean): Reason {
    if (this.reasons.size >= MAX_REASONS && name !== '') return this.reasons.get('') ?? this.add('', false);
    const reason = { hasAddress, loggedAt: -Infinity, count: 0, first: undefined };
    this.reasons.set(name, reason);
    if (hasAddress) this.addresses++;
    return reason;
  }

  private count({ status, type }: Rejection): void {
    const name = `${status} ${type}`;
    const counted = this.counts.get(name);
    if (counted) counted.value++;
    else this.counts.set(name, { status, type, value: 1 });
  }

  private log(reason: Reason): void {
    this.logger.warn({ msg: 'requests rejected', count: reason.count, ...reason.first });
    reason.loggedAt = this.now();
    reason.count = 0;
    reason.first = undefined;
  }
}

/** Logs the rejections of this server until it closes. */
export function logRejections(server: FastifyInstance): void {
  const log = new RejectionLog();
  server.decorate('rejections', log);
  const timer = setInterval(() => log.flush(), FLUSH_INTERVAL_MS).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    log.flush(true);
    done();
  });
}
