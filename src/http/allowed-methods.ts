import type { FastifyInstance } from 'fastify';
import createRouter from 'find-my-way';

declare module 'fastify' {
  interface FastifyInstance {
    /** Methods that have a route at this path; none where the path is unknown. */
    methodsAt(path: string): string[];
  }
}

/** Remembers every route as it is added, so that a wrong method can be told from a wrong path (405, not 404). */
export function rememberPaths(fastify: FastifyInstance): void {
  const router = createRouter({ ignoreTrailingSlash: false, maxParamLength: Number.MAX_SAFE_INTEGER });
  const methodsOf = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    let methods = methodsOf.get(url);
    if (!methods) {
      methods = new Set();
      methodsOf.set(url, methods);
      router.on('GET', url, () => {}, methods);
    }
    for (const one of [method].flat()) methods.add(one);
  });
  fastify.decorate('methodsAt', (path: string) => [
    ...((router.find('GET', path)?.store as Set<string>) ?? []),
  ]);
}
