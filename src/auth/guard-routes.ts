import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.js';
import { isDocs } from '../http/pages.js';
import { Problem } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';
import type { Scope } from './access.js';
import { ApiKeys } from './api-keys.js';

/**
 * Gives each route that needs a key its check, before the body is read. Decided by route when it is added, not
 * by path when it is asked for: there is no second reading of a path to disagree with the router's. A route
 * that does not say who may call it throws, with keys or without.
 */
export function guardRoutes(fastify: FastifyInstance, config: Config): void {
  const keys = config.API_KEYS ? ApiKeys.parse(config.API_KEYS) : undefined;
  fastify.addHook('onRoute', (route) => {
    const access = route.config?.access ?? (isDocs(route.url) ? 'open' : undefined);
    if (access === undefined)
      throw new Error(
        `${String(route.method)} ${route.url} says not who may call it: mark it with @NeedsKey() or @Open().`,
      );
    if (!keys || access === 'open') return;
    route.onRequest = [check(keys, access), ...[route.onRequest ?? []].flat()];
  });
}

function check(keys: ApiKeys, scope: Scope) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { authorization } = request.headers;
    const scopes = keys.scopesOf(authorization);
    if (scopes?.has(scope)) done();
    else sendProblem(refusal(scope, authorization, scopes !== undefined), request, reply);
  };
}

/** The errors and challenges of RFC 6750, section 3. */
function refusal(scope: Scope, authorization: string | undefined, known: boolean): Problem {
  if (known)
    return new Problem(403, `This key is not for this: a key with the scope ${scope} is needed.`, {
      headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
    });
  if (authorization !== undefined)
    return new Problem(401, 'This key is not known here.', {
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  return new Problem(401, 'A key is needed: send Authorization: Bearer and the key.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
