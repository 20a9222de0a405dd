import type { FieldProblem } from '../http/problem.dto.js';
import type { NewEvent } from '../event/event.js';

export const MAX_EVENTS_PER_REQUEST = 10_000;

/** What a body holds, still to be checked. */
export interface ListedEvents {
  readonly values: readonly unknown[];
  readonly single: boolean;
  /** JSON pointer to the array, or to the single event. */
  readonly pointer: string;
  /** Reads one of them; what is wrong with it is told with JSON pointers below `pointer`. */
  readonly check: (value: unknown, pointer: string) => NewEvent | FieldProblem[];
}
