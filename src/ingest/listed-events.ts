import { invalid, Problem, type ProblemError } from '../http/problem.js';

export const MAX_EVENTS_PER_REQUEST = 10_000;
const MAX_ERRORS_TOLD = 100;

/** What a body holds, still to be checked. */
export interface ListedEvents {
  readonly values: readonly unknown[];
  readonly single: boolean;
  /** JSON pointer to the array, or to the single event. */
  readonly pointer: string;
}

/** Throws where there are none, or too many for one request. */
export function checkCount(values: readonly unknown[], pointer: string): void {
  if (values.length === 0) {
    throw invalid('The batch is empty; send at least one event.', [{ pointer, detail: 'must not be empty' }]);
  }
  if (values.length <= MAX_EVENTS_PER_REQUEST) return;
  throw new Problem(
    413,
    `${values.length} events are more than the ${MAX_EVENTS_PER_REQUEST} that one request may carry. Split the batch.`,
  );
}

/** The 422 of a batch of which some events are wrong. */
export function refusal(wrong: number, all: number, errors: ProblemError[]): Problem {
  const told =
    errors.length > MAX_ERRORS_TOLD
      ? ` The first ${MAX_ERRORS_TOLD} errors of ${errors.length} are listed.`
      : '';
  return invalid(
    `${wrong} of ${all} events ${wrong === 1 ? 'is' : 'are'} invalid; nothing was taken.${told}`,
    errors.slice(0, MAX_ERRORS_TOLD),
  );
}
