import type { FieldProblem } from './problem.dto.js';
import { jsonPointer, MAX_REPORTED_ERRORS } from './problem.js';

/** Reports each own member of an object that is not in the list, up to the maximum of one request. */
export function unknownMembers(
  value: object,
  known: readonly string[],
  pointer: string,
  detail: string,
): FieldProblem[] {
  return Object.keys(value)
    .filter((name) => !known.includes(name))
    .slice(0, MAX_REPORTED_ERRORS)
    .map((name) => ({ pointer: pointer + jsonPointer([name]), detail }));
}
