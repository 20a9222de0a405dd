import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';
import { StoreUnavailableError } from './store-errors.js';

/** Responds with 503 and Retry-After to a request that could not read the store. */
@Catch(StoreUnavailableError)
export class StoreUnavailableFilter implements ExceptionFilter {
  catch(_error: StoreUnavailableError, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(
      unavailable('store-unavailable', 'Store unavailable', 'The store cannot be read. Try again.'),
      http.getRequest<FastifyRequest>(),
      http.getResponse<FastifyReply>(),
    );
  }
}
