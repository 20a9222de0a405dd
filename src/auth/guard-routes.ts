import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPage } from '../http/pages.js';
import { Problem } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';
import type { Scope } from './access.js';
import type { ApiKeys } from './api-keys.js';

/**
 * Adds the API key check to each route that requires an API key. The check runs before the body is read. It is attached
 * to the route, because a check by path could interpret the path differently from the router.
 * Throws if a route does not declare its access, even if the service has no API keys.
 */
export function guardRoutes(server: FastifyInstance, keys: ApiKeys | undefined): void {
  server.addHook('onRoute', (route) => {
    const access = route.config?.access ?? (isPage(route.url) ? 'open' : undefined);
    if (access === undefined) {
      throw new Error(
        `${String(route.method)} ${route.url} does not declare its access: mark it with @RequiresApiKey() or @Open().`,
      );
    }
    if (!keys || access === 'open') return;
    route.onRequest = [...[route.onRequest ?? []].flat(), check(keys, access)];
  });
}

function check(keys: ApiKeys, scope: Scope) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { authorization } = request.headers;
    const scopes = keys.authenticate(authorization);
    if (scopes?.has(scope)) done();
    else sendProblem(rejection(scope, authorization, scopes !== undefined), request, reply);
  };
}

/** Creates the error and the challenge of RFC 6750, section 3. */
function rejection(scope: Scope, authorization: string | undefined, known: boolean): Problem {
  if (known) {
    return new Problem(
      403,
      `This API key lacks the required scope: ${scope}. Use an API key with this scope.`,
      {
        headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
      },
    );
  }
  if (authorization !== undefined) {
    return new Problem(
      401,
      'The Authorization header has no valid API key. Send Authorization: Bearer, followed by the API key.',
      {
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      },
    );
  }
  return new Problem(401, 'An API key is required. Send Authorization: Bearer, followed by the API key.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
