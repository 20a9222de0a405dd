import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../config.js';
import { inexactNumbers } from '../http/exact-numbers.js';
import { type ProblemError, unavailable } from '../http/problem.js';
import { EventQueue, QueueFullError } from '../queue/event-queue.js';
import { type CheckedEvent, Submission, type Verdict } from '../queue/submission.js';
import { checkEvent } from './check-event.js';
import { type Line, linesOf } from './lines.js';
import type { PublishedLines } from './publish.answer.js';
import { bytesOf } from './publish.body.js';

/** Of one line: what a connection that never ends its line can hold. */
const LINE_LIMIT_BYTES = 1024 * 1024;
const EVENTS_PER_SUBMISSION = 2_000;
const BYTES_PER_SUBMISSION = 1024 * 1024;
/** A line whose end has not come, the submission being gathered, and the one that waits. */
const BYTES_PER_UPLOAD = LINE_LIMIT_BYTES + 2 * BYTES_PER_SUBMISSION;
const MAX_ERRORS_TOLD = 100;
const WAIT_FOR_ROOM_MS = 20;

/**
 * Publishes a stream of NDJSON of any length, in order, in submissions as it comes, with a bounded part of it
 * in memory: while the queue has no room, nothing is read, and the sender feels it.
 */
@Injectable()
export class PublishLines {
  private uploads = 0;

  constructor(
    private readonly queue: EventQueue,
    private readonly config: Config,
  ) {}

  /** Resolves when all valid lines are stored. Rejects when the stream breaks or the store fails; what was stored stays. */
  async publish(stream: Readable): Promise<PublishedLines> {
    const most = Math.max(1, Math.floor(this.config.QUEUE_CAPACITY_BYTES / BYTES_PER_UPLOAD));
    if (this.uploads >= most) {
      throw unavailable('receiving-full', 'Too many uploads at once', 'Nothing was taken; try again.', 1);
    }
    this.uploads++;
    try {
      return await this.publishAll(stream);
    } finally {
      this.uploads--;
    }
  }

  private async publishAll(stream: Readable): Promise<PublishedLines> {
    const { QUEUE_CAPACITY, QUEUE_CAPACITY_BYTES } = this.config;
    const mostEvents = Math.min(EVENTS_PER_SUBMISSION, QUEUE_CAPACITY);
    const mostBytes = Math.min(BYTES_PER_SUBMISSION, QUEUE_CAPACITY_BYTES);
    const answer: PublishedLines = {
      received: 0,
      stored: 0,
      duplicates: 0,
      conflicts: 0,
      rejected: 0,
      errors: [],
    };
    let events: CheckedEvent[] = [];
    let bytes = 0;
    let previous: Promise<readonly Verdict[]> = Promise.resolve([]);
    // One at a time is stored, which keeps the order, while the next is being read.
    const submit = async () => {
      count(answer, await previous);
      const submission = new Submission(events, bytes, true);
      await this.offerPatiently(submission);
      previous = submission.verdicts;
      events = [];
      bytes = 0;
    };
    for await (const lines of linesOf(stream, Math.min(LINE_LIMIT_BYTES, this.config.BODY_LIMIT_BYTES))) {
      for (const line of lines) {
        const event = readLine(line);
        if (Array.isArray(event)) {
          reject(answer, line.number, event);
          continue;
        }
        const size = bytesOf(event);
        if (size > QUEUE_CAPACITY_BYTES) {
          reject(answer, line.number, [{ pointer: '', detail: 'is larger than the queue can hold' }]);
          continue;
        }
        if (events.length > 0 && bytes + size > mostBytes) await submit();
        events.push(event);
        bytes += size;
        if (events.length >= mostEvents) await submit();
      }
    }
    if (events.length > 0) await submit();
    count(answer, await previous);
    return answer;
  }

  private async offerPatiently(submission: Submission): Promise<void> {
    for (;;) {
      try {
        await this.queue.offer(submission);
        return;
      } catch (error) {
        if (!(error instanceof QueueFullError)) throw error;
        await sleep(WAIT_FOR_ROOM_MS);
      }
    }
  }
}

function readLine({ text, fault }: Line): CheckedEvent | ProblemError[] {
  if (text === undefined) return [{ pointer: '', detail: fault ?? 'cannot be read' }];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [{ pointer: '', detail: `is not valid JSON: ${(error as Error).message}` }];
  }
  const inexact = inexactNumbers(text);
  return inexact.length > 0 ? inexact : checkEvent(value, '');
}

function reject(answer: PublishedLines, line: number, errors: readonly ProblemError[]): void {
  answer.rejected++;
  if (answer.errors.length >= MAX_ERRORS_TOLD) return;
  answer.errors.push({
    line,
    detail: errors.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join('; '),
  });
}

function count(answer: PublishedLines, verdicts: readonly Verdict[]): void {
  for (const { outcome } of verdicts) {
    answer.received++;
    if (outcome === 'stored') answer.stored++;
    else if (outcome === 'duplicate') answer.duplicates++;
    else answer.conflicts++;
  }
}
