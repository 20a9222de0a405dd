import type { NewEvent } from '../event/event.js';
import type { Submission } from '../event/submission.js';
import type { Verdict } from '../event/verdict.js';

/**
 * The queue between publishers and the store, in the process or in a broker.
 *
 * Every implementation promises:
 * - **Bounds.** It holds at most `capacity` events and a fixed number of bytes. A submission that does not fit is
 *   rejected as a whole.
 * - **Settlement.** Every accepted submission is settled or rejected exactly once, and counts towards
 *   `depth` until then.
 * - **Atomicity.** A submission is never split into several batches.
 * - **Progress.** A failing batch does not end the stream of deliveries.
 */
export abstract class EventQueue {
  /**
   * Accepts the events of one request as a submission. Rejects with `QueueUnavailableError` if a retry may succeed, or
   * with `SubmissionTooLargeError`. In both cases no event was accepted. The exception is `BrokerUnavailableError`,
   * after which the events may have been accepted.
   */
  abstract offer(events: readonly NewEvent[], options: OfferOptions): Promise<Receipt>;

  /**
   * Passes batches to `handler`. Delivers submissions in the order in which they were accepted, except that small
   * submissions with a waiting publisher may overtake others. Several batches may be in flight at a time.
   *
   * If a batch fails, rejects all submissions in the queue with a waiting publisher, with the error of the handler. All
   * others are redelivered with backoff, by this process or another. A broker may change their order.
   */
  abstract consume(handler: BatchHandler): void;

  /**
   * Stops accepting submissions. Resolves once every accepted submission is settled, rejected, or left in the broker
   * for other processes. May be called repeatedly.
   */
  abstract drain(): Promise<void>;

  /** Returns the current load. Reads only memory, so the load of a broker may be a second old. */
  abstract load(): Promise<QueueLoad>;
}

export interface OfferOptions {
  /** Estimated memory of the events. */
  readonly bytes: number;
  /** Whether the publisher waits for the verdicts. */
  readonly wait: boolean;
  /** Name of the publisher's API key. While publishers of several names need the queue, each has half of it at most. */
  readonly publisher?: string;
}

/**
 * The result of `offer`. `verdicts` resolves once the events are stored, with one verdict per event in order. If it
 * rejects, the publisher can retry safely. `queued` means that the queue keeps the submission until it is stored. An
 * in-memory queue loses it if the process dies. A queue may return `verdicts` even if the publisher does not wait.
 */
export type Receipt = { readonly verdicts: Promise<readonly Verdict[]> } | 'queued';

/** Settles or rejects every delivery of the batch. Throws if the store fails. Deliveries may then be unsettled. */
export type BatchHandler = (batch: readonly Delivery[]) => Promise<void>;

/** A submission on its way to the store. */
export interface Delivery extends Submission {
  /** Acknowledges the submission as stored, with one verdict per event. */
  settle(verdicts: readonly Verdict[]): void;
  /** Rejects the submission, because its events cannot be stored. It is not redelivered. */
  reject(reason: Error): void;
}

export interface QueueLoad {
  /** Number of events accepted and not yet settled or rejected, in the memory of this process. */
  readonly depth: number;
  /** The maximum of `depth`. */
  readonly capacity: number;
  /** Estimated memory of these events, in bytes. */
  readonly bytes: number;
  /** The maximum of `bytes`. */
  readonly capacityBytes: number;
  /** Whether `drain` was called, after which the queue accepts no submissions. */
  readonly draining: boolean;
  /** Absent if the queue has no broker. */
  readonly broker?: BrokerLoad;
}

export interface BrokerLoad {
  /** Number of events in the broker that no process has settled or rejected yet. */
  readonly depth: number;
  /** Reason why the broker does not respond. Absent if it responds. */
  readonly problem?: string;
}

/** The queue cannot accept submissions now. */
export class QueueUnavailableError extends Error {
  override readonly name: string = 'QueueUnavailableError';
}

/** The queue has no room now. */
export class QueueFullError extends QueueUnavailableError {
  override readonly name = 'QueueFullError';
}

/** A broker did not confirm the submission. It may have been accepted. */
export class BrokerUnavailableError extends QueueUnavailableError {
  override readonly name = 'BrokerUnavailableError';
}

/** The submission would not fit into an empty queue. It must be split. */
export class SubmissionTooLargeError extends Error {
  override readonly name = 'SubmissionTooLargeError';
}

/** The service is stopping. */
export class QueueDrainingError extends QueueUnavailableError {
  override readonly name = 'QueueDrainingError';
}
