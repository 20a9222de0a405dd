import type { FastifyInstance } from 'fastify';
import createRouter from 'find-my-way';

declare module 'fastify' {
  interface FastifyInstance {
    /** Returns the methods that have a route at this path, or an empty array if the path is unknown. */
    methodsAt(path: string): string[];
  }
}

/**
 * Records the methods of every route, so that a request with another method gets 405 with an Allow header instead of
 * 404.
 */
export function recordMethods(server: FastifyInstance): void {
  const router = createRouter({ ignoreTrailingSlash: false, maxParamLength: Number.MAX_SAFE_INTEGER });
  const methodsByUrl = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    let methods = methodsByUrl.get(url);
    if (!methods) {
      methods = new Set();
      methodsByUrl.set(url, methods);
      router.on('GET', url, () => {}, methods);
    }
    for (const name of [method].flat()) methods.add(name);
  });
  server.decorate('methodsAt', (path: string) => [
    ...((router.find('GET', path)?.store as Set<string>) ?? []),
  ]);
}
