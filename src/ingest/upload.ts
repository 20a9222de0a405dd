import { setTimeout as sleep } from 'node:timers/promises';
import { type EventQueue, QueueFullError } from '../queue/event-queue.js';
import { Submission } from '../queue/submission.js';
import type { NewEvent } from '../event/event.js';
import type { Verdict } from '../event/verdict.js';

const WAIT_FOR_ROOM_MS = 20;

/**
 * The events of one upload on their way to the queue. One submission at a time is being stored, which keeps the
 * order; what comes meanwhile gathers, and is the next. So a slow feed is stored event by event, and a fast one
 * in large commits.
 */
export class Upload {
  /** Whether the store failed; `finish` and `room` tell why. */
  failed = false;
  private events: NewEvent[] = [];
  private bytes = 0;
  private storing: Promise<void> | undefined;

  constructor(
    private readonly queue: EventQueue,
    /** Of one submission. */
    private readonly most: { readonly events: number; readonly bytes: number },
    private readonly onStored: (verdicts: readonly Verdict[]) => void,
  ) {}

  /** Whether an event of this size must wait for `room`. */
  isFull(bytes: number): boolean {
    const { length } = this.events;
    return length >= this.most.events || (length > 0 && this.bytes + bytes > this.most.bytes);
  }

  /** Resolves when what has gathered is on its way. Rejects when the store fails. */
  async room(): Promise<void> {
    if (this.storing) await this.storing;
    else this.flush();
  }

  add(event: NewEvent, bytes: number): void {
    this.events.push(event);
    this.bytes += bytes;
  }

  /** Sends what has gathered, now or as soon as what is on its way is stored. */
  flush(): void {
    if (this.storing || this.events.length === 0) return;
    const submission = new Submission(this.events, this.bytes, true);
    this.events = [];
    this.bytes = 0;
    this.storing = this.store(submission);
    this.storing.catch(() => (this.failed = true));
  }

  /** Resolves when all is stored. Rejects when the store fails. */
  async finish(): Promise<void> {
    this.flush();
    while (this.storing) await this.storing;
  }

  private async store(submission: Submission): Promise<void> {
    await this.offerPatiently(submission);
    this.onStored(await submission.verdicts);
    this.storing = undefined;
    this.flush();
  }

  private async offerPatiently(submission: Submission): Promise<void> {
    for (;;) {
      try {
        return await this.queue.offer(submission);
      } catch (error) {
        if (!(error instanceof QueueFullError)) throw error;
        await sleep(WAIT_FOR_ROOM_MS);
      }
    }
  }
}
