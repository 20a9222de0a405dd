import type { DedupKey } from '../event/event.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid, MAX_REPORTED_ERRORS, Problem } from '../http/problem.js';
import { unknownMembers } from '../http/unknown-members.js';
import { isJsonObject } from '../validation/json-object.js';
import { NAME, NAME_RULE } from '../validation/name.js';
import { MAX_KEYS } from './lookup.dto.js';

const UNKNOWN_IN_BODY = 'is not a member of a lookup; the only member is keys';
const UNKNOWN_IN_KEY = 'is not a member of a key; the members are topic and event_id';

/**
 * Reads the keys of a lookup. Throws a 422 that lists each invalid key, or a 413 for too many keys. class-transformer
 * is not used, because it copies unknown members at a cost that is quadratic in their number.
 */
export function readLookup(body: unknown): DedupKey[] {
  const read: DedupKey[] = [];
  const errors: FieldProblem[] = [];
  for (const [index, key] of listKeys(body).entries()) {
    const problems = findProblems(key, `/keys/${index}`);
    if (problems.length === 0) read.push(key as DedupKey);
    else if (errors.push(...problems) >= MAX_REPORTED_ERRORS) break;
  }
  if (errors.length > 0) throw invalidLookup(errors);
  return read;
}

function listKeys(body: unknown): unknown[] {
  if (!isJsonObject(body)) throw invalidLookup([{ pointer: '', detail: 'must be a JSON object with keys' }]);
  const { keys } = body;
  const errors = unknownMembers(body, ['keys'], '', UNKNOWN_IN_BODY);
  if (keys === undefined) errors.push({ pointer: '/keys', detail: 'is required' });
  else if (!Array.isArray(keys)) errors.push({ pointer: '/keys', detail: 'must be an array of keys' });
  else if (keys.length === 0) errors.push({ pointer: '/keys', detail: 'must not be empty' });
  if (errors.length > 0) throw invalidLookup(errors);
  const list = keys as unknown[];
  if (list.length <= MAX_KEYS) return list;
  throw new Problem(
    413,
    `The request has ${list.length} keys; at most ${MAX_KEYS} are allowed. Split the lookup.`,
  );
}

function findProblems(key: unknown, pointer: string): FieldProblem[] {
  if (!isJsonObject(key)) return [{ pointer, detail: 'must be a JSON object with topic and event_id' }];
  const problems = unknownMembers(key, ['topic', 'event_id'], pointer, UNKNOWN_IN_KEY);
  for (const name of ['topic', 'event_id']) {
    const value = key[name];
    if (value === undefined) problems.push({ pointer: `${pointer}/${name}`, detail: 'is required' });
    else if (typeof value !== 'string' || !NAME.test(value)) {
      problems.push({ pointer: `${pointer}/${name}`, detail: NAME_RULE });
    }
  }
  return problems;
}

function invalidLookup(errors: readonly FieldProblem[]): Problem {
  return invalid('The lookup is invalid.', errors.slice(0, MAX_REPORTED_ERRORS));
}
