import type { NewEvent } from '../event/event.js';
import { estimateBytes } from '../event/event-size.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid, MAX_REPORTED_ERRORS, type Problem } from '../http/problem.js';

/** The events of one request, all of which are valid. */
export interface RequestEvents {
  readonly events: readonly NewEvent[];
  /** Approximate size of the events in memory. */
  readonly bytes: number;
  /** Whether the request is a single event and not an array of one event. */
  readonly single: boolean;
  /** JSON pointer to the array, or to the event if there is one. */
  readonly pointer: string;
}

/** Collects the events of a request and the problems of its invalid events. */
export class CollectedEvents {
  readonly events: NewEvent[] = [];
  private readonly errors: FieldProblem[] = [];
  private bytes = 0;
  private rejected = 0;

  /** Whether the maximum number of problems in a response has been reached. */
  get isFull(): boolean {
    return this.errors.length >= MAX_REPORTED_ERRORS;
  }

  add(event: NewEvent | FieldProblem[]): void {
    if (Array.isArray(event)) {
      this.rejected++;
      this.errors.push(...event);
    } else {
      this.events.push(event);
      this.bytes += estimateBytes(event);
    }
  }

  /** Checks values and adds the results. Stops at the maximum number of problems. */
  addAll(
    values: readonly unknown[],
    check: (value: unknown, index: number) => NewEvent | FieldProblem[],
  ): void {
    for (const [index, value] of values.entries()) {
      if (this.isFull) return;
      this.add(check(value, index));
    }
  }

  /** Returns the events of a request that had `total`. Throws 422 if any is invalid. */
  result(total: number, single: boolean, pointer: string): RequestEvents {
    if (this.rejected > 0) throw invalidEvents(this.rejected, total, this.errors);
    return { events: this.events, bytes: this.bytes, single, pointer };
  }
}

/** Creates a 422 that counts and lists the invalid events. */
function invalidEvents(rejected: number, total: number, errors: readonly FieldProblem[]): Problem {
  const truncated = errors.length >= MAX_REPORTED_ERRORS;
  const subject =
    total === 1 ? 'The event is' : `${rejected} of ${total} events ${rejected === 1 ? 'is' : 'are'}`;
  return invalid(
    `${truncated && total > 1 ? 'At least ' : ''}${subject} invalid; nothing was accepted.` +
      (truncated ? ` The first ${MAX_REPORTED_ERRORS} errors are listed.` : ''),
    errors.slice(0, MAX_REPORTED_ERRORS),
  );
}
