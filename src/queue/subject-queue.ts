import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../config.js';
import {
  type BatchHandler,
  EventQueue,
  QueueDrainingError,
  QueueFullError,
  SubmissionTooLargeError,
} from './event-queue.js';
import type { Submission } from './submission.js';

const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 500;
const LAST_RETRY_AFTER_SECONDS = 30;
/** A submission of up to this part of a commit is small. */
const SMALL_PART_OF_BATCH = 0.01;
/** What is worth a commit of its own behind the one that runs: so many submissions, or so many events, … */
const ENOUGH_SUBMISSIONS = 32;
const ENOUGH_EVENTS = 500;
/** … up to so many commits under way. */
const MAX_UNDER_WAY = 3;

/**
 * The queue inside the process. Batches form by themselves: while one is being handled, what arrives gathers,
 * and the next takes all of it, up to a maximum. There is no timer, so an idle service handles one event at
 * once and a busy one shares each commit among many.
 *
 * There are two lines, so that who waits for one event does not wait for all the thousands of others in front:
 * a small submission goes into the very next batch, and a large one lets one commit of small ones pass at most.
 *
 * Where much waits, the next batch is handed over before the last is done, together no more than one commit may
 * take. Else publishers fall into step, all of them wait for one commit and are answered together, and the event
 * loop and the store do nothing by turns, which costs about a tenth of the throughput.
 */
@Injectable()
export class SubjectQueue extends EventQueue {
  private readonly arrivals = new Subject<Submission>();
  private waiting: Submission[] = [];
  /** The small ones whose publishers wait. */
  private quick: Submission[] = [];
  private waitingPassedOver = false;
  private bytes = 0;
  /** Batches handed over and not yet handled, and the events in them. */
  private underWay = 0;
  private eventsUnderWay = 0;
  /** What failed, in order, until nothing is under way. */
  private left: Submission[] = [];
  private firstIsDue = false;
  private backoffMs = FIRST_BACKOFF_MS;
  private eventsPerSecond = 0;
  private lastHandled = 0;
  private drained: Promise<void> | undefined;
  private whenEmpty: (() => void) | undefined;
  depth = 0;
  draining = false;

  constructor(private readonly config: Config) {
    super();
  }

  get capacity(): number {
    return this.config.QUEUE_CAPACITY;
  }

  async offer(submission: Submission): Promise<void> {
    if (this.draining) throw new QueueDrainingError('The service is stopping.');
    if (!this.arrivals.observed) throw new Error('Nobody consumes this queue.');
    const { QUEUE_CAPACITY, QUEUE_CAPACITY_BYTES } = this.config;
    if (submission.events.length > QUEUE_CAPACITY || submission.bytes > QUEUE_CAPACITY_BYTES) {
      throw new SubmissionTooLargeError(
        `${submission.events.length} events (${submission.bytes} bytes) are more than the queue can ever hold: ${QUEUE_CAPACITY} events, ${QUEUE_CAPACITY_BYTES} bytes.`,
      );
    }
    const depth = this.depth + submission.events.length;
    const bytes = this.bytes + submission.bytes;
    if (depth > QUEUE_CAPACITY || bytes > QUEUE_CAPACITY_BYTES) {
      throw new QueueFullError(
        `The queue holds ${this.depth} of at most ${QUEUE_CAPACITY} events (${this.bytes} of ${QUEUE_CAPACITY_BYTES} bytes) and has no room for ${submission.events.length} more (${submission.bytes} bytes).`,
        this.secondsToEmpty(),
      );
    }
    this.depth = depth;
    this.bytes = bytes;
    this.arrivals.next(submission);
  }

  consume(handler: BatchHandler): void {
    this.arrivals.subscribe((submission) => {
      const line = this.isQuick(submission) ? this.quick : this.waiting;
      line.push(submission);
      this.handOverSoon(handler);
    });
  }

  drain(): Promise<void> {
    this.draining = true;
    this.drained ??= new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
      if (this.depth === 0) resolve();
    }).then(() => this.arrivals.complete());
    return this.drained;
  }

  private handOverSoon(handler: BatchHandler): void {
    if (this.isEnoughForAnother()) {
      void this.handOver(handler);
    } else if (this.underWay === 0 && !this.firstIsDue) {
      this.firstIsDue = true;
      // Not at once: what the sockets bring in this turn of the event loop shares the first commit.
      setImmediate(() => {
        this.firstIsDue = false;
        if (this.underWay === 0) this.handOverRest(handler);
      });
    }
  }

  private isEnoughForAnother(): boolean {
    // While the store fails, one batch finds out for all.
    if (this.backoffMs > FIRST_BACKOFF_MS || this.underWay === MAX_UNDER_WAY) return false;
    const room = this.config.BATCH_MAX_EVENTS - this.eventsUnderWay;
    // Where a large one has no room, small ones must not take it from it time and again.
    const next = this.waiting[0] ?? this.quick[0];
    if (next === undefined || next.events.length > room) return false;
    return (
      this.quick.length + this.waiting.length >= ENOUGH_SUBMISSIONS ||
      this.depth - this.eventsUnderWay >= ENOUGH_EVENTS
    );
  }

  private handOverRest(handler: BatchHandler): void {
    if (this.waiting.length + this.quick.length > 0) void this.handOver(handler);
    else this.whenEmpty?.();
  }

  private async handOver(handler: BatchHandler): Promise<void> {
    const batch = this.nextBatch();
    const events = eventsIn(batch);
    const started = performance.now();
    this.underWay++;
    this.eventsUnderWay += events;
    try {
      await handler(batch);
      this.release(batch);
      this.measureRate(events, started);
      this.backoffMs = FIRST_BACKOFF_MS;
    } catch (error) {
      this.release(batch.filter((submission) => submission.settled));
      this.left = this.left.concat(batch.filter((submission) => !submission.settled));
      const pauseMs = this.backoffMs;
      this.backoffMs = Math.min(this.backoffMs * 2, LAST_BACKOFF_MS);
      this.refuseAwaited(error as Error);
      if (this.left.length + this.waiting.length > 0) await sleep(pauseMs);
    }
    this.underWay--;
    this.eventsUnderWay -= events;
    if (this.underWay === 0) {
      this.waiting = this.left.concat(this.waiting);
      this.left = [];
      this.handOverRest(handler);
    } else if (this.isEnoughForAnother()) {
      void this.handOver(handler);
    }
  }

  private isQuick({ awaited, events }: Submission): boolean {
    return awaited && events.length <= this.config.BATCH_MAX_EVENTS * SMALL_PART_OF_BATCH;
  }

  private nextBatch(): Submission[] {
    const batch: Submission[] = [];
    let room = this.config.BATCH_MAX_EVENTS - this.eventsUnderWay;
    const takeFrom = (line: Submission[], most = line.length): number => {
      let count = 0;
      while (count < most) {
        const size = line[count]!.events.length;
        // More than a commit may take goes alone.
        if (size > room && (this.underWay > 0 || batch.length + count > 0)) break;
        room -= size;
        count++;
      }
      for (const submission of line.splice(0, count)) batch.push(submission);
      return count;
    };
    const overdue = this.waitingPassedOver ? takeFrom(this.waiting, 1) : 0;
    takeFrom(this.quick);
    const inTurn = takeFrom(this.waiting);
    this.waitingPassedOver = overdue + inTurn === 0 && this.waiting.length > 0;
    return batch;
  }

  /** The store fails as a whole, so those further back in the line need not wait to hear it. */
  private refuseAwaited(reason: Error): void {
    const all = [...this.left, ...this.quick, ...this.waiting];
    const awaited = all.filter((submission) => submission.awaited);
    this.quick = [];
    this.left = this.left.filter((submission) => !submission.awaited);
    this.waiting = this.waiting.filter((submission) => !submission.awaited);
    this.release(awaited);
    for (const submission of awaited) submission.refuse(reason);
  }

  private release(settled: readonly Submission[]): void {
    for (const submission of settled) {
      this.depth -= submission.events.length;
      this.bytes -= submission.bytes;
    }
  }

  private measureRate(events: number, started: number): void {
    const now = performance.now();
    // Behind another batch, it was only waiting at first.
    const ms = now - Math.max(started, this.lastHandled);
    this.lastHandled = now;
    const rate = (events / Math.max(ms, 0.1)) * 1000;
    this.eventsPerSecond = this.eventsPerSecond === 0 ? rate : 0.9 * this.eventsPerSecond + 0.1 * rate;
  }

  private secondsToEmpty(): number {
    const seconds = this.eventsPerSecond === 0 ? 1 : this.depth / this.eventsPerSecond;
    return Math.min(Math.max(Math.ceil(seconds), 1), LAST_RETRY_AFTER_SECONDS);
  }
}

function eventsIn(batch: readonly Submission[]): number {
  return batch.reduce((sum, { events }) => sum + events.length, 0);
}
