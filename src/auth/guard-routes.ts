import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { EventSelection } from '../event/selection.js';
import { isPage } from '../http/pages.js';
import { Problem } from '../http/problem.js';
import { sendProblem } from '../http/problem.filter.js';
import type { Scope, TopicsIn } from './access.js';
import type { ApiKey } from './api-key.js';
import type { ApiKeys } from './api-keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The API key of the request. Absent if the service has no API keys, or if the route is open. */
    apiKey?: ApiKey;
  }
}

/** Matches credentials (RFC 6750, section 2.1). The scheme is case-insensitive (RFC 9110, section 11.1). */
const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
const HOW_TO_SEND = 'Send Authorization: Bearer, followed by the API key, or the header X-API-Key.';

/**
 * Adds the API key check to each route that requires an API key. The check runs before the body is read. It is attached
 * to the route, because a check by path could interpret the path differently from the router.
 * A path that `isPublic` accepts requires no API key. Throws if a route does not declare its access, even if the service has no API keys.
 */
export function guardRoutes(
  server: FastifyInstance,
  keys: ApiKeys | undefined,
  isPublic: (path: string) => boolean = () => false,
): void {
  // Declared in advance, so that all requests have the same shape.
  if (keys) server.decorateRequest('apiKey', undefined).decorateRequest('apiKeyName', undefined);
  server.addHook('onRoute', (route) => {
    const access = route.config?.access ?? (isPage(route.url) ? 'open' : undefined);
    if (access === undefined) {
      throw new Error(
        `${String(route.method)} ${route.url} does not declare its access: mark it with @RequiresApiKey() or @Open().`,
      );
    }
    if (!keys || access === 'open' || isPublic(route.url)) return;
    route.onRequest = [...[route.onRequest ?? []].flat(), check(keys, { ...route.config, access })];
  });
}

function check(keys: ApiKeys, { access, topicsIn }: FastifyContextConfig & { access: Scope }) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    try {
      const key = findKey(keys, request.headers);
      request.apiKeyName = key.name;
      if (key.isExpired())
        throw unauthorized(`The API key ${key.name} has expired. Ask the operator for a new one.`);
      authorize(key, access, topicsIn, request);
      request.apiKey = key;
    } catch (error) {
      sendProblem(error, request, reply);
      return;
    }
    done();
  };
}

/** Returns the API key of a request, which may have expired. Throws a 401 with a challenge (RFC 6750, section 3). */
function findKey(keys: ApiKeys, headers: IncomingHttpHeaders): ApiKey {
  const { authorization, 'x-api-key': header } = headers;
  // A proxy may use Authorization for credentials of its own.
  if (header === undefined && authorization === undefined)
    throw unauthorized(`An API key is required. ${HOW_TO_SEND}`, 'Bearer');
  const text = header === undefined ? BEARER.exec(authorization!)?.[1] : String(header);
  const key = text === undefined ? undefined : keys.find(text);
  if (!key) {
    const name = header === undefined ? 'Authorization' : 'X-API-Key';
    throw unauthorized(`The header ${name} has no valid API key. ${HOW_TO_SEND}`);
  }
  return key;
}

function unauthorized(detail: string, challenge = 'Bearer error="invalid_token"'): Problem {
  return new Problem(401, detail, { headers: { 'www-authenticate': challenge } });
}

/** Throws a 403 if the API key does not permit the request, and a 429 if its rate limit is exceeded. */
function authorize(
  key: ApiKey,
  scope: Scope,
  topicsIn: TopicsIn | undefined,
  { query, params }: FastifyRequest,
): void {
  if (!key.has(scope))
    throw forbidden(
      scope,
      `This API key lacks the required scope: ${scope}. Use an API key with this scope.`,
    );
  if (topicsIn === undefined && !key.coversAll(scope))
    throw forbidden(
      scope,
      'This API key is limited to some topics, and this call concerns all. Use another API key.',
    );
  if (topicsIn === 'query' && !key.coversSelection(scope, query as EventSelection))
    throw forbidden(
      scope,
      'This API key is limited to some topics. Select one of them, or a pattern, with the parameter topic.',
    );
  if (topicsIn === 'path' && !key.covers(scope, (params as { topic: string }).topic))
    throw forbidden(scope, 'This API key does not permit this topic. Use another API key.');
  if (scope !== 'publish' || !key.rateLimit) return;
  const waitMs = key.rateLimit.waitMs();
  if (waitMs > 0) throw key.rateLimit.exceeded(waitMs);
}

function forbidden(scope: Scope, detail: string): Problem {
  return new Problem(403, detail, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
