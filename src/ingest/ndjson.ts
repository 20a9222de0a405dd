import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Config } from '../config.js';
import { inexactNumbers } from '../http/exact-numbers.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { MAX_REPORTED_ERRORS, Problem, unavailable } from '../http/problem.js';
import { EventQueue } from '../queue/event-queue.js';
import { checkEvent } from './check-event.js';
import { BrokenStreamError, type Line, linesOf } from './lines.js';
import type { PublishedLines } from './publish.dto.js';
import { bytesOf } from './read-events.js';
import { Upload } from './upload.js';
import type { NewEvent } from '../event/event.js';
import type { Verdict } from '../event/verdict.js';

/** Of one line: what a connection that never ends its line can hold. */
const LINE_LIMIT_BYTES = 1024 * 1024;
const EVENTS_PER_SUBMISSION = 2_000;
const BYTES_PER_SUBMISSION = 1024 * 1024;
/** A line whose end has not come, the submission being gathered, and the one that waits. */
const BYTES_PER_UPLOAD = LINE_LIMIT_BYTES + 2 * BYTES_PER_SUBMISSION;

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

  /**
   * Resolves when all valid lines are stored. Rejects when the store fails, or the stream breaks before anything
   * could be read; what was stored stays.
   */
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
    const { QUEUE_CAPACITY, QUEUE_CAPACITY_BYTES, BODY_LIMIT_BYTES } = this.config;
    const answer = nothingYet();
    const most = {
      events: Math.min(EVENTS_PER_SUBMISSION, QUEUE_CAPACITY),
      bytes: Math.min(BYTES_PER_SUBMISSION, QUEUE_CAPACITY_BYTES),
    };
    const upload = new Upload(this.queue, most, (verdicts) => count(answer, verdicts));
    let broken: BrokenStreamError | undefined;
    try {
      for await (const lines of linesOf(stream, Math.min(LINE_LIMIT_BYTES, BODY_LIMIT_BYTES))) {
        for (const line of lines) {
          const event = readLine(line, answer.errors.length < MAX_REPORTED_ERRORS);
          const size = Array.isArray(event) ? 0 : bytesOf(event);
          if (Array.isArray(event)) {
            reject(answer, line.number, event);
          } else if (size > QUEUE_CAPACITY_BYTES) {
            reject(answer, line.number, [{ pointer: '', detail: 'is larger than the queue can hold' }]);
          } else {
            if (upload.isFull(size)) await upload.room();
            upload.add(event, size);
          }
        }
        upload.flush();
        if (upload.failed) break;
      }
    } catch (error) {
      if (!(error instanceof BrokenStreamError)) throw error;
      broken = error;
    }
    await upload.finish();
    if (broken) breakOff(answer, broken);
    return answer;
  }
}

function readLine({ text, fault }: Line, worded: boolean): NewEvent | FieldProblem[] {
  if (text === undefined) return [{ pointer: '', detail: fault ?? 'cannot be read' }];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return [{ pointer: '', detail: `is not valid JSON: ${(error as Error).message}` }];
  }
  const inexact = inexactNumbers(text);
  return inexact.length > 0 ? inexact : checkEvent(value, '', worded);
}

function nothingYet(): PublishedLines {
  return {
    received: 0,
    stored: 0,
    duplicates: 0,
    conflicts: 0,
    rejected: 0,
    complete: true,
    errors: [],
  };
}

/** The lines before the break stand, so this is no refusal, unless there were none. */
function breakOff(answer: PublishedLines, { line, cause }: BrokenStreamError): void {
  const why = cause.statusCode === 400 ? cause.message : 'The request ended before its body did.';
  if (answer.received + answer.rejected === 0) throw new Problem(400, why);
  answer.complete = false;
  answer.errors.push({ line, detail: `and all after it could not be read: ${why}` });
}

function reject(answer: PublishedLines, line: number, errors: readonly FieldProblem[]): void {
  answer.rejected++;
  if (answer.errors.length >= MAX_REPORTED_ERRORS) return;
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
