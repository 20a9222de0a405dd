import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { unsupportedMediaType } from './media-types.js';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';
import { DATA_HEADERS } from './security-headers.js';

const logger = new Logger('Problem');

/** Sends every error of a route as application/problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Responds with application/problem+json for anything that was thrown. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
  const problem = toProblem(error, request);
  // The rest of the body will not be read.
  if (!request.raw.complete) reply.header('connection', 'close');
  reply
    .status(problem.getStatus())
    // A request that the router rejects reaches no hook, so its response has no headers yet.
    .headers(DATA_HEADERS)
    .headers(problem.about.headers ?? {})
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem.toBody(requestPath(request))));
}

/** Converts errors of the framework into problems. An unexpected error is logged, and its text is not sent. */
function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundException) return notFound(request);
  const { statusCode = 500, message } = error as FastifyError;
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (status === 415) return unsupportedMediaType(request);
  if (status >= 400 && status < 500) return new Problem(status, message);
  logger.error(error);
  return new Problem(500, 'The service failed to process this request. The error has been logged.');
}

function notFound(request: FastifyRequest): Problem {
  const methods = request.server.methodsAt(requestPath(request));
  const allow = methods.join(', ');
  if (!allow || methods.includes(request.method)) {
    return new Problem(404, 'Nothing exists at this path. See /docs for the available calls.');
  }
  return new Problem(405, `${request.method} is not allowed at this path. Allowed: ${allow}.`, {
    headers: { allow },
  });
}

function requestPath(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!;
}
