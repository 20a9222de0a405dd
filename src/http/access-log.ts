import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

/**
 * Logs a line for each response. `route` is the path without the values of its parameters and without a query, which may
 * contain an API key by mistake.
 */
export function logAccess(server: FastifyInstance): void {
  const logger = new Logger('Requests');
  server.addHook('onResponse', (request, reply, done) => {
    const bytes = Number(reply.getHeader('content-length'));
    logger.log({
      msg: 'request',
      method: request.method,
      route: request.routeOptions.url,
      status: reply.raw.statusCode,
      ...(Number.isFinite(bytes) && { bytes }),
      ms: Math.round(reply.elapsedTime * 10) / 10,
      api_key: request.apiKeyName,
      address: request.ip,
      request_id: request.id,
    });
    done();
  });
}
