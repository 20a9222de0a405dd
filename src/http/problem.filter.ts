import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { closeIfUnread } from './lingering-close.js';
import { unsupportedMediaType } from './media-types.js';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';
import { recordProblem } from './record-rejection.js';
import { REQUEST_ID_HEADER } from './request-ids.js';
import { DisconnectedError } from './response-closed.js';
import { DATA_HEADERS } from './security-headers.js';

const logger = new Logger('Problem');

/** Problems of errors whose text repeats the whole URL, by the code of Fastify. A query may contain an API key. */
const URL_PROBLEMS: Readonly<Record<string, Problem>> = {
  FST_ERR_BAD_URL: new Problem(400, 'The path is not percent-encoded UTF-8. Write % as %25.'),
  FST_ERR_MAX_PARAM_LENGTH: new Problem(
    414,
    'A part of the path is too long. A topic or an event_id has at most 255 characters.',
  ),
};

/** Sends every error of a route as application/problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Responds to any thrown value with application/problem+json. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent || error instanceof DisconnectedError) return;
  const problem = toProblem(error, request);
  const body = problem.toBody(requestPath(request), request.id);
  recordProblem(request, body);
  closeIfUnread(reply);
  // A stream that failed before its first byte may have set this header.
  reply.removeHeader('content-encoding');
  reply
    .status(problem.getStatus())
    // No hook runs for a request that the router rejects, so its response has none of these headers yet.
    .headers(DATA_HEADERS)
    .header(REQUEST_ID_HEADER, request.id)
    .headers(problem.about.headers ?? {})
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(body));
}

/** Converts an error into a problem. Logs an unexpected error and does not send its text to the caller. */
function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundException) return notFound(request);
  const { statusCode = 500, message, code } = error as FastifyError;
  const urlProblem = URL_PROBLEMS[code];
  if (urlProblem) return urlProblem;
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (status === 415) return unsupportedMediaType(request);
  if (status >= 400 && status < 500) return new Problem(status, message);
  logger.error({ msg: 'request failed', err: error, request_id: request.id });
  return new Problem(
    500,
    'The service failed to process this request and logged the error. Contact the operator.',
  );
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
