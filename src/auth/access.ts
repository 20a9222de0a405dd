import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig } from 'fastify';
import { ApiKeyProblems } from '../http/problem.docs.js';

/** The scopes of API keys. `publish` permits publishing events, and `read` permits reading events and counters. */
export const SCOPES = ['publish', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** Name of the security scheme in the OpenAPI document. */
export const BEARER_SCHEME = 'apiKey';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope that the route requires, or `open`. Required at start for every route that is not a page of Swagger UI. */
    access?: 'open' | Scope;
  }
}

/**
 * Requires an API key with this scope if the service has API keys. Also applies the other settings of the route,
 * because Nest keeps only one RouteConfig per handler.
 */
export function RequiresApiKey(
  scope: Scope,
  settings: Omit<FastifyContextConfig, 'access'> = {},
): MethodDecorator {
  return applyDecorators(
    RouteConfig({ ...settings, access: scope }),
    ApiSecurity(BEARER_SCHEME),
    ApiKeyProblems(scope),
  );
}

/** Accepts requests without an API key, even if the service has API keys. */
export function Open(): MethodDecorator {
  return RouteConfig({ access: 'open' });
}
