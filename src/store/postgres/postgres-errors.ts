import { DatabaseError } from 'pg';
import { StoreDamagedError, StoreUnavailableError, UnstorableEventError } from '../store-errors.js';

/**
 * SQLSTATE classes caused by a value: data exception, constraint violation, limit exceeded (PostgreSQL, appendix A).
 * Not a unique violation: no value causes it, but tables that do not belong together, as after an incomplete restore.
 */
const UNSTORABLE = /^(22|23(?!505)|54)/;
const DAMAGED = /^XX00[12]$/;
/** Connection exception and operator intervention, such as a shutdown. A commit may have ended before. */
const INTERRUPTED = /^(08|57P)/;

/**
 * A commit succeeded with a warning. PostgreSQL warns if it did not wait for a synchronous standby, because an operator
 * cancelled that.
 */
export class CommitWarningError extends Error {
  override readonly name = 'CommitWarningError';
}

/** Returns whether the result of a commit is unknown. Any other error of the server has rolled it back. */
export function isLost(error: unknown): boolean {
  return !(error instanceof DatabaseError) || INTERRUPTED.test(error.code ?? '');
}

export function toCommitError(error: unknown): Error {
  return error instanceof DatabaseError && UNSTORABLE.test(error.code ?? '')
    ? new UnstorableEventError(error.message, { cause: error })
    : toUnavailable(error);
}

export function toReadError(error: unknown): Error {
  return error instanceof DatabaseError && DAMAGED.test(error.code ?? '')
    ? new StoreDamagedError(error.message, { cause: error })
    : toUnavailable(error);
}

export function toUnavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError(reasonOf(error), { cause: error });
}

/** Returns the message of an error. Node reports a host with several addresses as several errors without a message. */
export function reasonOf(error: unknown): string {
  const reasons = error instanceof AggregateError ? (error.errors as Error[]) : [error as Error];
  return reasons.map(({ message }) => message).join(', ');
}
