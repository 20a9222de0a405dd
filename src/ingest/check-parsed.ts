import type { NewEvent } from '../event/event.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { jsonPointer, MAX_REPORTED_ERRORS } from '../http/problem.js';
import { findOutOfRange, restoreNumbers } from '../json/exact-numbers.js';
import { MAX_EXPONENT } from '../json/number-spelling.js';
import type { ParsedJson } from '../json/parse.js';
import type { CheckEvent } from './check-event.js';

const OUT_OF_RANGE = `the exponent of the number is beyond ±${MAX_EXPONENT}; send it as a string`;

/**
 * Checks a parsed value that may contain placeholders for numbers. Returns the event with the exact values of its
 * numbers, or its problems with JSON pointers below `pointer`.
 */
export function checkParsed(
  { hasPlaceholders, hasOutOfRange }: ParsedJson,
  value: unknown,
  pointer: string,
  check: CheckEvent,
): NewEvent | FieldProblem[] {
  if (!hasPlaceholders) return check(value, pointer);
  if (hasOutOfRange) {
    const paths = findOutOfRange(value, MAX_REPORTED_ERRORS);
    if (paths.length > 0)
      return paths.map((path) => ({ pointer: pointer + jsonPointer(path), detail: OUT_OF_RANGE }));
  }
  const event = check(value, pointer);
  return Array.isArray(event) ? event : { ...event, payload: restoreNumbers(event.payload) };
}
