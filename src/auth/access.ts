import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig } from 'fastify';
import { ApiKeyProblems } from '../http/problem.docs.js';

/** The scopes of API keys: `publish` sends events, `read` reads events and counters. */
export const SCOPES = ['publish', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** The name of the Bearer scheme in the OpenAPI document. */
export const BEARER_SCHEME = 'key';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Decides which callers the route accepts. A route without it stops the start. */
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
