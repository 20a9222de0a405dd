import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiKeyProblems } from '../http/problem.docs.js';

/** What a key may be for: sending events, or looking at what is stored. */
export const SCOPES = ['publish', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

/** The name of the Bearer scheme in the OpenAPI document. */
export const BEARER_SCHEME = 'key';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; one without it does not start. */
    access?: 'open' | Scope;
  }
}

/** Only for callers with a key of this scope, where the service has keys at all. */
export function NeedsKey(scope: Scope): MethodDecorator {
  return applyDecorators(RouteConfig({ access: scope }), ApiSecurity(BEARER_SCHEME), ApiKeyProblems(scope));
}

/** For everyone, keys or not. */
export function Open(): MethodDecorator {
  return RouteConfig({ access: 'open' });
}
