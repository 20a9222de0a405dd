import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Config } from '../config.js';
import type { NewEvent } from '../event/event.js';
import { estimateBytes } from '../event/event-size.js';
import { inexactNumbers } from '../http/inexact-numbers.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { unavailable } from '../http/problem.js';
import { EventQueue } from '../queue/event-queue.js';
import { checkEvent } from './check-event.js';
import { BrokenStreamError, type Line, readLines } from './lines.js';
import type { PublishedLines } from './ndjson.dto.js';
import { UploadReport } from './upload-report.js';
import { Upload } from './upload.js';

/** Maximum bytes of one line. Bounds the memory of a connection that sends no line break. */
const LINE_LIMIT_BYTES = 1024 * 1024;
const EVENTS_PER_SUBMISSION = 2_000;
const BYTES_PER_SUBMISSION = 1024 * 1024;
/** Memory of one upload: an incomplete line, the pending events, and the submission in flight. */
const BYTES_PER_UPLOAD = LINE_LIMIT_BYTES + 2 * BYTES_PER_SUBMISSION;

/**
 * Publishes an NDJSON stream of any length, in order, as it arrives. Keeps a bounded part of it in memory.
 * Stops reading while the queue is full, which puts backpressure on the publisher.
 */
@Injectable()
export class NdjsonIngest {
  private readonly maxUploads: number;
  private readonly maxLineBytes: number;
  private readonly maxEventBytes: number;
  private readonly submissionLimits: { readonly events: number; readonly bytes: number };
  private uploads = 0;

  constructor(
    private readonly queue: EventQueue,
    { QUEUE_CAPACITY, QUEUE_CAPACITY_BYTES, BODY_LIMIT_BYTES }: Config,
  ) {
    this.maxUploads = Math.max(1, Math.floor(QUEUE_CAPACITY_BYTES / BYTES_PER_UPLOAD));
    this.maxLineBytes = Math.min(LINE_LIMIT_BYTES, BODY_LIMIT_BYTES);
    this.maxEventBytes = QUEUE_CAPACITY_BYTES;
    this.submissionLimits = {
      events: Math.min(EVENTS_PER_SUBMISSION, QUEUE_CAPACITY),
      bytes: Math.min(BYTES_PER_SUBMISSION, QUEUE_CAPACITY_BYTES),
    };
  }

  /**
   * Resolves when all valid lines are stored. Rejects with 422 if no line is valid, and with 400 if the stream breaks
   * before a line is complete. Rejects with the error of a failed submission. Lines that are already stored are kept.
   */
  async publish(stream: Readable): Promise<PublishedLines> {
    if (this.uploads >= this.maxUploads) {
      throw unavailable(
        'receiving-full',
        'Too many uploads at once',
        'The uploads in progress fill the memory reserved for them. Nothing was accepted; try again.',
      );
    }
    this.uploads++;
    try {
      return await this.publishAll(stream);
    } finally {
      this.uploads--;
    }
  }

  private async publishAll(stream: Readable): Promise<PublishedLines> {
    const report = new UploadReport();
    const upload = new Upload(this.queue, this.submissionLimits, (verdicts) => report.add(verdicts));
    let broken: BrokenStreamError | undefined;
    try {
      for await (const lines of readLines(stream, this.maxLineBytes)) {
        for (const line of lines) {
          const event = this.readLine(line, !report.isFull);
          if (Array.isArray(event)) {
            report.reject(line.number, event);
          } else {
            const bytes = estimateBytes(event);
            if (upload.isFull(bytes)) await upload.waitForRoom();
            upload.add(event, bytes);
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
    return report.response(broken);
  }

  private readLine({ text, problem }: Line, explain: boolean): NewEvent | FieldProblem[] {
    if (text === undefined) return [{ pointer: '', detail: problem ?? 'cannot be read' }];
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return [{ pointer: '', detail: `is not valid JSON: ${(error as Error).message}` }];
    }
    const inexact = inexactNumbers(text);
    if (inexact.length > 0) return inexact;
    const event = checkEvent(value, '', explain);
    return !Array.isArray(event) && estimateBytes(event) > this.maxEventBytes
      ? [{ pointer: '', detail: 'is larger than the queue can hold' }]
      : event;
  }
}
