import type { FieldProblem } from '../http/problem.dto.js';
import { invalid, MAX_REPORTED_ERRORS, Problem } from '../http/problem.js';
import { NAME, NAME_RULE } from '../validation/name.js';
import { MAX_KEYS } from './lookup.dto.js';
import type { DedupKey } from '../event/event.js';

/**
 * Returns the keys of a lookup. Throws a 422 that names each invalid key. Not validated with class-transformer: it
 * copies unknown members of the body first, at quadratic cost.
 */
export function readLookup(body: unknown): DedupKey[] {
  const keys = (body as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(keys)) throw wrong({ pointer: '/keys', detail: 'must be an array of keys' });
  if (keys.length === 0) throw wrong({ pointer: '/keys', detail: 'must not be empty' });
  if (keys.length > MAX_KEYS)
    throw new Problem(413, `${keys.length} keys are more than the ${MAX_KEYS} that one request may ask for.`);
  const asked: DedupKey[] = [];
  const errors: FieldProblem[] = [];
  for (const [index, key] of keys.entries()) {
    const { topic, event_id } = (key ?? {}) as Record<string, unknown>;
    if (!isName(topic)) errors.push({ pointer: `/keys/${index}/topic`, detail: NAME_RULE });
    else if (!isName(event_id)) errors.push({ pointer: `/keys/${index}/event_id`, detail: NAME_RULE });
    else asked.push({ topic, event_id });
    if (errors.length === MAX_REPORTED_ERRORS) break;
  }
  if (errors.length > 0) throw wrong(...errors);
  return asked;
}

const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);

const wrong = (...errors: FieldProblem[]) => invalid('The body is invalid.', errors);
