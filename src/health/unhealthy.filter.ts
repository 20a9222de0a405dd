import { type ArgumentsHost, Catch, type ExceptionFilter, ServiceUnavailableException } from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, RETRY_AFTER_SECONDS } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';

/** Responds with a problem that also contains the members `info`, `error` and `details` of the terminus result. */
@Catch(ServiceUnavailableException)
export class UnhealthyFilter implements ExceptionFilter {
  catch(error: ServiceUnavailableException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(unhealthy(error), http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

function unhealthy(exception: ServiceUnavailableException): Problem {
  const { info, error, details } = exception.getResponse() as HealthCheckResult;
  const names = Object.keys(error ?? {});
  // During shutdown, terminus reports the status `shutting_down`, even if no check has failed.
  const detail = names.length > 0 ? `Failed checks: ${names.join(', ')}.` : 'The service is stopping.';
  return new Problem(503, detail, {
    type: 'urn:problem:unhealthy',
    title: 'Unhealthy',
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
    extensions: { info, error, details },
  });
}
