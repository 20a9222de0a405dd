import type { FastifyRequest } from 'fastify';
import { loggedDetail } from './logged-detail.js';
import type { ProblemDto } from './problem.dto.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Name of the API key. Absent if it is unknown, or if the service has no API keys. */
    apiKeyName?: string;
  }
}

const NOT_FOUND = 404;

/** Records a rejected request. A missing event is an answer, not a rejection. */
export function recordProblem(request: FastifyRequest, problem: ProblemDto): void {
  const { status, type } = problem;
  if (status !== NOT_FOUND) recordRejection(request, status, type, loggedDetail(problem));
}

export function recordRejection(request: FastifyRequest, status: number, type: string, detail: string): void {
  request.server.rejections.record({
    status,
    type,
    detail,
    api_key: request.apiKeyName,
    address: request.ip,
    call: `${request.method} ${request.routeOptions.url ?? ''}`.trim(),
    request_id: request.id,
  });
}
