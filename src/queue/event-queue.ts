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
 * - **Atomicity.** A submission is delivered in one piece.
 * - **Progress.** A failing batch does not end the stream of deliveries.
 */
export abstract class EventQueue {
  /**
   * Accepts the events of one request as a submission. Rejects with `QueueUnavailableError` if trying again may
   * succeed, or with `SubmissionTooLargeError`. Nothing was accepted then, except after `BrokerUnavailableError`.
   */
  abstract offer(events: readonly NewEvent[], options: OfferOptions): Promise<Receipt>;

  /**
   * Passes batches to `handler`. Submissions are delivered in the order they were accepted, except that small ones
   * with a waiting publisher may overtake. Several batches may be in flight at a time, delivered in this order.
   *
   * If a batch fails, all submissions in the queue with a waiting publisher are rejected with the error of the handler.
   * All others are delivered again with backoff, by this process or another. A broker may change their order.
   */
  abstract consume(handler: BatchHandler): void;

  /**
   * Stops accepting submissions. Resolves once all are settled, rejected, or left to other processes by a broker. May be
   * called repeatedly.
   */
  abstract drain(): Promise<void>;

  /** Returns the current load. Reads memory only, so the part of a broker may be a second old. */
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
 * The result of `offer`. `queued` means that the queue keeps the submission until it is stored. A queue in memory loses
 * it if the process dies. Otherwise `verdicts` resolves once the events are stored, with one verdict per event in order.
 * If it rejects, the publisher can retry safely. A queue may return verdicts to a publisher that does not wait.
 */
export type Receipt = { readonly verdicts: Promise<readonly Verdict[]> } | 'queued';

/** Settles or rejects every delivery of the batch. Rejects if the store fails. Deliveries may then be unsettled. */
export type BatchHandler = (batch: readonly Delivery[]) => Promise<void>;

/** A submission on its way to the store. */
export interface Delivery extends Submission {
  /** Acknowledges the submission as stored, with one verdict per event. */
  settle(verdicts: readonly Verdict[]): void;
  /** Rejects the submission: its events cannot be stored. It is not delivered again. */
  reject(reason: Error): void;
}

export interface QueueLoad {
  /** Events accepted and not yet settled or rejected, in the memory of this process. */
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
  /** Events in the broker that are accepted and not yet settled or rejected, by all processes. */
  readonly depth: number;
  /** Why the broker does not respond. Absent if it does. */
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
