import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig } from 'fastify';
import { ApiKeyProblems } from '../http/problem.docs.js';

/** The scopes of API keys. `publish` permits publishing events; `read` permits reading events and counters. */
export const SCOPES = ['publish', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** Name of the security scheme in the OpenAPI document. */
export const BEARER_SCHEME = 'apiKey';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope that the route requires, or `open`. The service does not start if a route other than a page lacks it. */
    access?: 'open' | Scope;
  }
}

/**
 * Requires an API key with this scope if the service has API keys. Also sets the other settings of the route,
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

/** Accepts every caller, even if the service has API keys. */
export function Open(): MethodDecorator {
  return RouteConfig({ access: 'open' });
}
