import type { FieldProblem } from './problem.dto.js';
import { jsonPointer, MAX_REPORTED_ERRORS } from './problem.js';

/** Returns a problem for each own member that is not in `known`, at most `MAX_REPORTED_ERRORS`. */
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
