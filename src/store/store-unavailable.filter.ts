import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, unavailable } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';
import { StoreBusyError, StoreUnavailableError } from './store-errors.js';

/** Responds with 503 and `Retry-After` to a request that could not read the store. */
@Catch(StoreUnavailableError)
export class StoreUnavailableFilter implements ExceptionFilter {
  catch(error: StoreUnavailableError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(toProblem(error), http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

function toProblem(error: StoreUnavailableError): Problem {
  return error instanceof StoreBusyError
    ? unavailable(
        'reading-full',
        'Too many scans at once',
        'Too many requests with a source or a pattern wait for the store. Try again, or select one topic.',
      )
    : unavailable('store-unavailable', 'Store unavailable', 'The store cannot be read. Try again.');
}
