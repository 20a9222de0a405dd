import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A route, by its method and the pattern of its path. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

export type ResponseObserver = (route: Route, request: FastifyRequest, reply: FastifyReply) => void;

declare module 'fastify' {
  interface FastifyInstance {
    responses: {
      /** Called after each response of a route. */
      observer?: ResponseObserver;
    };
  }
}

/**
 * Lets an observer see each response. The hook belongs to the route, because finding the route of a request would cost
 * more than counting it.
 */
export function observeResponses(server: FastifyInstance): void {
  const responses: FastifyInstance['responses'] = {};
  server.decorate('responses', responses);
  server.addHook('onRoute', (options) => {
    const route = { method: String(options.method), path: options.url };
    options.onResponse = [
      ...[options.onResponse ?? []].flat(),
      (request, reply, done) => {
        responses.observer?.(route, request, reply);
        done();
      },
    ];
  });
}
