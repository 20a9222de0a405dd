import type { FieldProblem } from '../http/problem.dto.js';
import { MAX_REPORTED_ERRORS, Problem, shortened } from '../http/problem.js';
import type { ApiKey } from './api-key.js';

/** Returns the detail of a problem. */
export function notPermitted(topic: string): string {
  return `has the topic ${JSON.stringify(topic)}, which this API key does not permit`;
}

/**
 * Throws a 403 that lists the items whose topics the API key does not permit. `pointerOf` returns the JSON pointer of
 * an item. Without an API key, every topic is permitted.
 */
export function requirePermitted(
  key: ApiKey | undefined,
  scope: 'publish' | 'read',
  items: readonly { readonly topic: string }[],
  pointerOf: (index: number) => string,
): void {
  if (!key || key.coversAll(scope)) return;
  const errors: FieldProblem[] = [];
  for (const [index, { topic }] of items.entries()) {
    if (key.covers(scope, topic)) continue;
    errors.push(shortened({ pointer: pointerOf(index), detail: notPermitted(topic) }));
    if (errors.length === MAX_REPORTED_ERRORS) break;
  }
  if (errors.length === 0) return;
  throw new Problem(403, 'The API key does not permit all of these topics. The request had no effect.', {
    errors,
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
