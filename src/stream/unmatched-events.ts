import type { OwnCommit } from '../consumer/commits.js';
import type { StoredEvent } from '../event/event.js';
import { estimateBytes } from '../event/event-size.js';

/** Maximum size. The largest request that the default limits permit (16 MiB, 10 000 events) fits. */
const MAX_BYTES = 32 * 1024 * 1024;

interface WaitingCommit {
  readonly bytes: number;
  readonly events: Iterator<StoredEvent>;
}

/** Committed events that are not yet matched with the selections of the subscribers. */
export class UnmatchedEvents {
  private readonly commits: WaitingCommit[] = [];
  private bytes = 0;

  get isEmpty(): boolean {
    return this.commits.length === 0;
  }

  /** Adds the commit and returns true, or returns false if there is no room. */
  push(commit: OwnCommit): boolean {
    const bytes = commitBytes(commit);
    if (this.bytes + bytes > MAX_BYTES) return false;
    this.commits.push({ bytes, events: storedEvents(commit) });
    this.bytes += bytes;
    return true;
  }

  /** Removes and returns the next event, or undefined if there is none. */
  shift(): StoredEvent | undefined {
    while (this.commits.length > 0) {
      const { value } = this.commits[0]!.events.next() as IteratorResult<StoredEvent, undefined>;
      if (value) return value;
      this.bytes -= this.commits.shift()!.bytes;
    }
    return undefined;
  }

  clear(): void {
    this.commits.length = 0;
    this.bytes = 0;
  }
}

function commitBytes({ batch }: OwnCommit): number {
  let bytes = 0;
  for (const { events } of batch) {
    for (const event of events) bytes += estimateBytes(event);
  }
  return bytes;
}

/** Yields the events that this commit stored. Omits those of a repeated submission, which an earlier commit stored. */
function* storedEvents({ batch, verdicts, stored, lastSeq, processedAt }: OwnCommit): Generator<StoredEvent> {
  let index = 0;
  for (const { events } of batch) {
    for (const event of events) {
      const { outcome, seq } = verdicts[index++]!;
      if (outcome === 'stored' && seq > lastSeq - stored) yield { ...event, seq, processed_at: processedAt };
    }
  }
}
