import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ProblemDto } from './problem.dto.js';

declare module 'fastify' {
  interface FastifyInstance {
    rejections: RejectionLog;
  }
  interface FastifyRequest {
    /** Name of the API key. Absent if it is unknown, or if the service has no API keys. */
    apiKeyName?: string;
  }
}

/** Time for which rejections with the same reason are counted, and logged as one line. */
const INTERVAL_MS = 60_000;
/** Maximum number of reasons that are counted at a time. More are logged under the same name. */
const MAX_REASONS = 1_000;
const NOT_FOUND = 404;

/** What is logged about a rejected request. */
export interface Rejection {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly api_key: string | undefined;
  readonly address: string;
  readonly call: string;
  readonly request_id: string;
}

/**
 * Logs rejected requests: the first with a reason at once, and the others once a minute, with their number. A reason is
 * an API key, a status and a type. Without it, a publisher whose events are rejected would go unnoticed.
 */
export class RejectionLog {
  private readonly logger = new Logger('Requests');
  /** The number of rejections since the last line, and the first of them, by reason. */
  private readonly reasons = new Map<string, { count: number; first: Rejection | undefined }>();

  /** The number of rejections since the start, by status and type. Only the service chooses these, so they are few. */
  private readonly counts = new Map<
    string,
    { readonly status: number; readonly type: string; value: number }
  >();

  get totals(): readonly { readonly status: number; readonly type: string; readonly value: number }[] {
    return [...this.counts.values()];
  }

  record(rejection: Rejection): void {
    this.count(rejection);
    const { api_key = '', status, type } = rejection;
    const reason = this.reasons.size < MAX_REASONS ? `${api_key} ${status} ${type}` : '';
    const entry = this.reasons.get(reason);
    if (entry) {
      entry.count++;
      entry.first ??= rejection;
    } else {
      this.reasons.set(reason, { count: 0, first: undefined });
      this.log(1, rejection);
    }
  }

  /** Logs what was counted since the last call. Forgets reasons that did not occur. */
  flush(): void {
    for (const [reason, { count, first }] of this.reasons) {
      if (first) {
        this.log(count, first);
        this.reasons.set(reason, { count: 0, first: undefined });
      } else {
        this.reasons.delete(reason);
      }
    }
  }

  private count({ status, type }: Rejection): void {
    const name = `${status} ${type}`;
    const counted = this.counts.get(name);
    if (counted) counted.value++;
    else this.counts.set(name, { status, type, value: 1 });
  }

  private log(count: number, rejection: Rejection): void {
    this.logger.warn({ msg: 'requests rejected', count, ...rejection });
  }
}

/** Logs the rejections of this server until it closes. */
export function logRejections(server: FastifyInstance): void {
  const log = new RejectionLog();
  server.decorate('rejections', log);
  const timer = setInterval(() => log.flush(), INTERVAL_MS).unref();
  server.addHook('onClose', (_server, done) => {
    clearInterval(timer);
    log.flush();
    done();
  });
}

/** Records a rejected request. A missing event is an answer, not a rejection. */
export function recordProblem(request: FastifyRequest, { status, type, detail, errors }: ProblemDto): void {
  if (status === NOT_FOUND) return;
  const [first] = errors ?? [];
  recordRejection(request, status, type, first ? `${first.pointer} ${first.detail}`.trim() : detail);
}

export function recordRejection(request: FastifyRequest, status: number, type: string, detail: string): void {
  request.server.rejections.record({
    status,
    type,
    detail: withoutInput(detail),
    api_key: request.apiKeyName,
    address: request.ip,
    call: `${request.method} ${request.routeOptions.url ?? ''}`.trim(),
    request_id: request.id,
  });
}

/** Removes what JSON.parse quotes from its input, because the log contains no payload. */
function withoutInput(detail: string): string {
  return detail.replace(/(is not valid JSON).*/s, '$1');
}
