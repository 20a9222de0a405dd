/** Largest part of the queue for the submissions of one publisher while others need room. */
const SHARE = 0.5;
/** Time for which the queue keeps room for a publisher after it was rejected. Exceeds the usual delay of a retry. */
const RESERVATION_MS = 5_000;

interface Held {
  events: number;
  bytes: number;
}

interface PublishedEvents {
  readonly publisher?: string;
  readonly events: readonly unknown[];
  readonly bytes: number;
}

/**
 * Keeps a publisher from filling the queue while others need it. Publishers are known by the names of their API keys.
 * Submissions without a name are not limited.
 */
export class FairShare {
  private readonly held = new Map<string, Held>();
  /** The time of the last rejection, by publisher. The number of API keys bounds it. */
  private readonly rejectedAt = new Map<string, number>();

  constructor(
    private readonly maxEvents: number,
    private readonly maxBytes: number,
    private readonly now = () => performance.now(),
  ) {}

  /** Counts a submission that was accepted. */
  add({ publisher, events, bytes }: PublishedEvents): void {
    if (publisher === undefined) return;
    const held = this.held.get(publisher);
    if (held) {
      held.events += events.length;
      held.bytes += bytes;
    } else {
      this.held.set(publisher, { events: events.length, bytes });
    }
    this.rejectedAt.delete(publisher);
  }

  /** Counts a submission that was settled or rejected. */
  remove({ publisher, events, bytes }: PublishedEvents): void {
    const held = publisher === undefined ? undefined : this.held.get(publisher);
    if (!held) return;
    held.events -= events.length;
    held.bytes -= bytes;
    if (held.events === 0) this.held.delete(publisher!);
  }

  /** Keeps room for a publisher whose submission was rejected because the queue is full. */
  recordRejection(publisher: string | undefined): void {
    if (publisher !== undefined) this.rejectedAt.set(publisher, this.now());
  }

  /** Returns whether the publisher may submit more. One submission at a time is always permitted. */
  hasRoom(publisher: string | undefined, events: number, bytes: number): boolean {
    const held = publisher === undefined ? undefined : this.held.get(publisher);
    if (!held) return true;
    const isWithinShare =
      held.events + events <= this.maxEvents * SHARE && held.bytes + bytes <= this.maxBytes * SHARE;
    return isWithinShare || !this.isNeededByOthers(publisher!);
  }

  private isNeededByOthers(publisher: string): boolean {
    if (this.held.size > 1) return true;
    const since = this.now() - RESERVATION_MS;
    for (const [name, time] of this.rejectedAt) if (name !== publisher && time > since) return true;
    return false;
  }
}
