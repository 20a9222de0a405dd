import { Problem, unavailable } from '../http/problem.js';
import {
  BrokerUnavailableError,
  QueueDrainingError,
  QueueFullError,
  SubmissionTooLargeError,
} from '../queue/event-queue.js';
import { StoreUnavailableError } from '../store/store-errors.js';

/** Converts an error of the queue or the store into a problem. Returns any other error unchanged. */
export function toProblem(error: unknown): unknown {
  if (error instanceof QueueFullError) {
    return unavailable('queue-full', 'Queue full', `${error.message} Nothing was accepted; try again.`);
  }
  if (error instanceof SubmissionTooLargeError) return new Problem(413, `${error.message} Split the batch.`);
  if (error instanceof QueueDrainingError) return shuttingDown('Nothing was accepted; try again.');
  if (error instanceof BrokerUnavailableError) {
    return unavailable(
      'queue-unavailable',
      'Queue unavailable',
      'The broker did not confirm the events. Try again, or without Prefer: respond-async. Sending them again is safe.',
    );
  }
  if (error instanceof StoreUnavailableError) {
    return unavailable(
      'store-unavailable',
      'Store unavailable',
      'The events could not be stored. Try again: sending them again is safe, since stored ones become duplicates.',
    );
  }
  return error;
}

/** Converts an error that ends an NDJSON upload into a problem. Earlier lines of the upload may already be stored. */
export function toUploadProblem(error: unknown): unknown {
  return error instanceof QueueDrainingError
    ? shuttingDown('Lines stored so far are kept. Try again: sending the whole body again is safe.')
    : toProblem(error);
}

function shuttingDown(detail: string): Problem {
  return unavailable('shutting-down', 'Shutting down', `The service is stopping. ${detail}`);
}
