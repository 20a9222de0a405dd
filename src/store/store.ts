import type { Observable } from 'rxjs';
import type { DedupKey } from '../event/event.js';
import type { EventJson } from '../event/event-json.js';
import type { Submission } from '../event/submission.js';
import type { Verdict } from '../event/verdict.js';
import type { EventFilter } from './event-filter.js';

/**
 * Deduplication store. Stores each event once and returns a verdict each time the event is received.
 *
 * Every implementation promises:
 * - **Durability.** Once `commit` resolves, the batch survives SIGKILL and power failure.
 * - **One copy.** A unique index on (topic, event_id) decides, in the transaction that stores the events.
 * - **Order.** `seq` is the commit order. It starts at 1 and has no gaps. An event becomes visible only after every
 *   event with a smaller seq, so a reader with a cursor never skips one. `processed_at` never decreases with seq.
 * - **Fidelity.** Names, timestamps and payload text are returned byte-identical. Payload text comes from
 *   JSON.stringify, so equal payloads differ at most in the order of their keys.
 * - **Collation.** Names are ordered by their UTF-8 bytes.
 * - **Ownership.** A store with one owner process rejects a second `open` with `StoreOpenError`. A store with several
 *   owners serialises their commits. Callers need no lock of their own.
 * - **Errors.** Errors of the database and its driver never reach the caller. Every method rejects with
 *   `StoreUnavailableError` if a later attempt may succeed. In addition, `commit` rejects with
 *   `UnstorableEventError`, and the methods that read reject with `StoreDamagedError`.
 */
export abstract class Store {
  /** Whether other processes may commit too. A caller finds their commits by polling `lastSeq`. */
  abstract readonly isShared: boolean;

  /** Name of the last migration, which is the state of the tables. */
  abstract readonly schema: string;

  /**
   * Identifies the data of a shared store. Its owners use the id in the names of resources outside the store, such as
   * the streams of a broker. Undefined if the store has one owner.
   */
  abstract readonly id: string | undefined;

  /** Emits the duration of each checkpoint, in milliseconds. Never emits if the database checkpoints itself. */
  abstract readonly checkpointMs: Observable<number>;

  /**
   * Stores the new events of a batch and counts all of its events, in one transaction. Resolves once the commit is
   * durable. If it rejects, the store is unchanged. Concurrent calls are committed in the order of the calls.
   *
   * A store that can lose the result of a commit records the `id` of each submission with its events. If that
   * submission is committed again, the call changes nothing and returns the verdicts of the first commit. Such a store
   * retries the commit. If the result remains unknown, it rejects with `StoreUnavailableError`, and the batch may be
   * stored. The ids in a batch must be distinct.
   */
  abstract commit(batch: readonly Submission[]): Promise<Commit>;

  /**
   * Keeps the recorded ids of all submissions that were committed at `time` or later. Call it repeatedly with the time
   * at which the oldest submission that may be committed again was accepted. Without a call, ids are kept as long as
   * this process may commit their submissions again.
   */
  abstract keepIdsSince(time: Date): void;

  /**
   * Returns a page of the events that pass the filter. If `signal` aborts, rejects with its reason, and a scan stops
   * after its current step. Rejects with `StoreBusyError` if too many scans wait, unless this one is `patient`.
   */
  abstract find(filter: EventFilter, options?: FindOptions): Promise<FoundEvents>;

  /** Returns the event with this key, or null. */
  abstract get(key: DedupKey): Promise<EventJson | null>;

  /** Returns the seq of each key, in the order of the keys, or null for a key that is not stored. */
  abstract lookup(keys: readonly DedupKey[]): Promise<readonly (number | null)[]>;

  /** Returns the highest seq, or 0 if the store is empty. */
  abstract lastSeq(): Promise<number>;

  /** Returns the totals over all topics. The cost is independent of the number of stored events. */
  abstract counters(): Promise<StoreCounters>;

  /** Returns up to `limit` topics whose names are greater than `after`, ordered by name. */
  abstract topics(after: string, limit: number): Promise<readonly TopicSummary[]>;

  /** Resolves once a test write is durable. The write changes no events and no counters. */
  abstract probe(): Promise<void>;

  /**
   * Returns the conditions of the store that an operator must know, each with a unique name. Implementations have
   * different conditions. Reads only memory and never rejects, so readiness probes may call it at any rate.
   */
  abstract checks(): Promise<readonly StoreCheck[]>;

  /** Returns the disk space of the volume that holds the store, or undefined if the store is on another machine. */
  abstract space(): Promise<DiskSpace | undefined>;

  /** Finishes commits in flight and releases all resources. No other method may be called afterwards. */
  abstract close(): Promise<void>;
}

/** The result of one commit. */
export interface Commit {
  /** One verdict per event, in the order of the batch. */
  readonly verdicts: readonly Verdict[];
  /**
   * Number of events that this commit stored. Excludes those of submissions that were committed before. The seqs of
   * the stored events are consecutive and end with `lastSeq`.
   */
  readonly stored: number;
  /** The highest seq in the store after this commit. */
  readonly lastSeq: number;
  /** The `processed_at` of the events stored by this commit. */
  readonly processedAt: string;
}

export interface FindOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether to wait for a scan, regardless of how many others wait. Readers that cannot start again set it. */
  readonly patient?: boolean | undefined;
}

/** A page of stored events. */
export interface FoundEvents {
  readonly events: readonly EventJson[];
  /** Whether more events may follow the last one. */
  readonly more: boolean;
}

/** The counters of one topic, updated in the transaction that stores the events they count. */
export interface TopicCounters {
  readonly topic: string;
  /** Sum of unique_processed and duplicate_dropped. */
  readonly received: number;
  readonly unique_processed: number;
  /** Includes conflicts. */
  readonly duplicate_dropped: number;
  readonly conflicts: number;
}

/** Totals over all topics. `received` = `unique_processed` + `duplicate_dropped`. */
export interface StoreCounters extends Omit<TopicCounters, 'topic'> {
  /** Names of all topics, in the order of their first event. */
  readonly topics: readonly string[];
}

/** The counters of one topic and the times of its first and last stored event. */
export interface TopicSummary extends TopicCounters {
  readonly first_event_at: string;
  readonly last_event_at: string;
}

/** A condition of the store. */
export interface StoreCheck {
  readonly name: string;
  /** `degraded` means that the store works, but an operator must act. With `down`, it must receive no more events. */
  readonly status: 'up' | 'degraded' | 'down';
  /** Measured values for monitoring, in snake_case with their units. */
  readonly figures: Readonly<Record<string, number | string | null>>;
  /** States the problem and what to do. Absent if the status is `up`. */
  readonly reason?: string;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Size of the store itself, without its WAL. */
  readonly storeBytes: number;
}
