import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig } from 'fastify';
import { ApiKeyProblems } from '../http/problem.docs.js';

/**
 * The scopes of API keys. `publish` permits publishing events, and `read` permits reading events and counters. `admin`
 * permits everything.
 */
export const SCOPES = ['publish', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Names of the security schemes in the OpenAPI document. */
export const BEARER_SCHEME = 'apiKey';
export const HEADER_SCHEME = 'apiKeyHeader';

/**
 * The part of a request that names its topics. An API key that is limited to topics is rejected if the part names
 * others, or if the request concerns all topics. The handler checks a `body`, which has not arrived yet.
 */
export type TopicsIn = 'path' | 'query' | 'body';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Scope that the route requires, or `open`. The service does not start if a route outside Swagger UI does not
     * declare it.
     */
    access?: 'open' | Scope;
    /** Absent if requests concern all topics. */
    topicsIn?: TopicsIn;
  }
}

/**
 * Requires an API key with this scope if the service has API keys. Also applies the other settings of the route,
 * because Nest keeps only one RouteConfig per handler.
 */
export function RequiresApiKey(
  scope: 'publish' | 'read',
  settings: Omit<FastifyContextConfig, 'access'> = {},
): MethodDecorator {
  return applyDecorators(
    RouteConfig({ ...settings, access: scope }),
    ApiSecurity(BEARER_SCHEME),
    ApiSecurity(HEADER_SCHEME),
    ApiKeyProblems(scope),
  );
}

/** Accepts requests without an API key, even if the service has API keys. */
export function Open(): MethodDecorator {
  return RouteConfig({ access: 'open' });
}
