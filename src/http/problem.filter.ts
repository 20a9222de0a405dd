import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DATA_HEADERS } from './security-headers.js';
import { StoreUnavailableError } from '../store/store-errors.js';
import { PROBLEM_MEDIA_TYPE, Problem, unavailable } from './problem.js';

const logger = new Logger('Problem');
const MEDIA_TYPE_ADVICE =
  'This media type is not taken here. Send application/json; /publish also takes NDJSON and CloudEvents.';

/** Every error of a route leaves as application/problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Answers with what went wrong, as application/problem+json. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
  const problem = toProblem(error, request);
  // The rest of the body is not wanted.
  if (!request.raw.complete) reply.header('connection', 'close');
  reply
    .status(problem.getStatus())
    // What did not come as far as the hooks has none yet.
    .headers(DATA_HEADERS)
    .headers(problem.about.headers ?? {})
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem.toBody(pathOf(request))));
}

/** What the framework throws becomes a problem too; what nobody foresaw is logged and told without its inside. */
function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundException) return notFound(request);
  if (error instanceof ServiceUnavailableException) return unhealthy(error);
  if (error instanceof StoreUnavailableError) {
    return unavailable('store-unavailable', 'Store unavailable', 'The store cannot be read; try again.', 1);
  }
  const { statusCode = 500, message } = error as FastifyError;
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (status === 415) return new Problem(415, MEDIA_TYPE_ADVICE);
  if (status >= 400 && status < 500) return new Problem(status, message);
  logger.error(error);
  return new Problem(500, 'Something went wrong inside the service. It has been logged.');
}

/** What terminus throws, with what is well and what is not beside the problem's own members. */
function unhealthy(error: ServiceUnavailableException): Problem {
  const { info, error: down, details } = error.getResponse() as HealthCheckResult;
  const names = Object.keys(down ?? {});
  return new Problem(
    503,
    names.length > 0 ? `Not healthy: ${names.join(', ')}.` : 'The service is stopping.',
    {
      type: 'urn:problem:unhealthy',
      title: 'Unhealthy',
      headers: { 'retry-after': '1' },
      extensions: { info, error: down, details },
    },
  );
}

function notFound(request: FastifyRequest): Problem {
  const methods = request.server.methodsAt(pathOf(request));
  const allow = methods.join(', ');
  if (!allow || methods.includes(request.method))
    return new Problem(404, 'There is nothing at this path. /docs lists what there is.');
  return new Problem(405, `${request.method} is not possible here; ${allow} is.`, { headers: { allow } });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!;
}
