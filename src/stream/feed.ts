import type { EventSelection } from '../event/selection.js';
import { SharedReads } from './shared-reads.js';
import type { StreamEvent } from './stream-part.js';

/** A subscriber of a feed. */
export interface Follower {
  /** Whether data that was sent to the client is still unread. */
  readonly isStalled: boolean;
  /** Sends the next part, if there is one. */
  serve(): void;
  /** Advances the cursor past events that the subscriber does not select. */
  settle(): void;
}

/** The result of one read from the store. */
export interface PastEvents {
  readonly events: readonly StreamEvent[];
  /** The seq up to which all selected events have been found. */
  readonly end: number;
}

/** The live events of one selection, shared by all its subscribers. */
export class Feed {
  readonly subscribers = new Set<Follower>();
  /** The reads of its subscribers from the store. */
  readonly reads = new SharedReads<PastEvents>();
  /** Upper bound of the seqs that this feed has selected so far. */
  lastSelected: number;

  constructor(
    readonly id: number,
    readonly selection: EventSelection,
    /** The window contains every selected event after this seq. */
    public since: number,
  ) {
    this.lastSelected = since;
  }
}
