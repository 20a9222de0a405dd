import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { ApiKey } from '../auth/api-key.js';
import { notPermitted } from '../auth/permitted-topics.js';
import { Config } from '../config.js';
import type { NewEvent } from '../event/event.js';
import { estimateBytes } from '../event/event-size.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { Turns } from '../http/turns.js';
import { type ParsedJson, parseExact } from '../json/parse.js';
import { scanJson } from '../json/scan.js';
import { EventQueue } from '../queue/event-queue.js';
import { checkEvent, MAX_EVENT_NESTING, tooDeep } from './check-event.js';
import { checkParsed } from './check-parsed.js';
import { EventlessRun } from './eventless-run.js';
import { BrokenStreamError, type Line, readLines } from './lines.js';
import type { PublishedLines } from './ndjson.dto.js';
import { UploadReport } from './upload-report.js';
import { UploadSlots } from './upload-slots.js';
import { Upload } from './upload.js';

const EVENTS_PER_SUBMISSION = 2_000;
const BYTES_PER_SUBMISSION = 1024 * 1024;
/** Time after which an upload yields to the event loop. */
const TURN_MS = 5;

/**
 * Publishes an NDJSON stream of any length, in order, as it arrives. Keeps only a bounded part of the stream in memory.
 * Stops reading while the queue is full, which applies backpressure to the publisher.
 */
@Injectable()
export class NdjsonIngest {
  private readonly slots: UploadSlots;
  private readonly maxLineBytes: number;
  private readonly maxEventBytes: number;
  private readonly submissionLimits: { readonly events: number; readonly bytes: number };

  constructor(
    private readonly queue: EventQueue,
    private readonly turns: Turns,
    { QUEUE_CAPACITY, QUEUE_CAPACITY_BYTES, EVENT_LIMIT_BYTES, BODY_LIMIT_BYTES }: Config,
  ) {
    this.maxLineBytes = Math.min(EVENT_LIMIT_BYTES, BODY_LIMIT_BYTES);
    this.maxEventBytes = QUEUE_CAPACITY_BYTES;
    this.submissionLimits = {
      events: Math.min(EVENTS_PER_SUBMISSION, QUEUE_CAPACITY),
      bytes: Math.min(BYTES_PER_SUBMISSION, QUEUE_CAPACITY_BYTES),
    };
    // One upload keeps an incomplete line, the pending events, and the submission in flight in memory.
    const uploadBytes = this.maxLineBytes + 2 * BYTES_PER_SUBMISSION;
    this.slots = new UploadSlots(Math.max(1, Math.floor(QUEUE_CAPACITY_BYTES / uploadBytes)));
  }

  /** Returns the number of uploads in progress. */
  get uploads(): number {
    return this.slots.size;
  }

  /**
   * Resolves when all valid lines are stored. Rejects with a 422 if no line is valid, and with a 400 if the stream
   * breaks before a line is complete. If a submission fails, rejects with its error. Lines that are already stored are
   * kept.
   */
  async publish(stream: Readable, apiKey?: ApiKey): Promise<PublishedLines> {
    this.slots.take(stream);
    try {
      return await this.publishAll(stream, apiKey);
    } finally {
      this.slots.release(stream);
    }
  }

  private async publishAll(stream: Readable, apiKey: ApiKey | undefined): Promise<PublishedLines> {
    const report = new UploadReport();
    const upload = new Upload(this.queue, this.limitsOf(apiKey), apiKey, (verdicts) => report.add(verdicts));
    let broken: BrokenStreamError | undefined;
    try {
      await this.publishLines(stream, upload, report, apiKey);
    } catch (error) {
      if (!(error instanceof BrokenStreamError)) throw error;
      broken = error;
    }
    await upload.finish();
    return report.response(broken);
  }

  /** Throws `BrokenStreamError` if the stream breaks, or if too much of it contains no event. */
  private async publishLines(
    stream: Readable,
    upload: Upload,
    report: UploadReport,
    apiKey: ApiKey | undefined,
  ): Promise<void> {
    const run = new EventlessRun();
    let turnEnds = performance.now() + TURN_MS;
    for await (const { lines, size } of readLines(stream, this.maxLineBytes)) {
      if (lines.length > 0) this.slots.touch(stream);
      for (const line of lines) {
        if (performance.now() > turnEnds) {
          await this.turns.yield();
          turnEnds = performance.now() + TURN_MS;
        }
        const event = permitted(this.readLine(line, !report.isFull), apiKey);
        if (Array.isArray(event)) {
          report.reject(line.number, event);
          run.addInvalidLine();
          if (run.problem) throw endOfUpload(line.number + 1, run.problem);
        } else {
          run.end();
          const bytes = estimateBytes(event);
          if (upload.isFull(bytes)) await upload.waitForRoom();
          upload.add(event, bytes);
        }
      }
      run.addBytes(size);
      if (run.problem) throw endOfUpload((lines.at(-1)?.number ?? 0) + 1, run.problem);
      upload.flush();
      if (upload.failed) return;
    }
  }

  /** Returns the maximum size of a submission. With a rate limit, it takes at most about a second. */
  private limitsOf(apiKey: ApiKey | undefined): { readonly events: number; readonly bytes: number } {
    const { eventsPerSecond = Infinity, bytesPerSecond = Infinity } = apiKey?.rateLimit?.rates ?? {};
    return {
      events: Math.min(this.submissionLimits.events, eventsPerSecond),
      bytes: Math.min(this.submissionLimits.bytes, bytesPerSecond),
    };
  }

  private readLine({ bytes, problem }: Line, explain: boolean): NewEvent | FieldProblem[] {
    if (bytes === undefined) return [{ pointer: '', detail: problem ?? 'cannot be read' }];
    const { longNumbers, isTooDeep } = scanJson(bytes, MAX_EVENT_NESTING);
    if (isTooDeep) return [tooDeep('')];
    let parsed: ParsedJson;
    try {
      parsed = parseExact(bytes, longNumbers);
    } catch (error) {
      return [{ pointer: '', detail: `is not valid JSON: ${(error as Error).message}` }];
    }
    const event = checkParsed(parsed, parsed.value, '', (value) => checkEvent(value, '', explain));
    return !Array.isArray(event) && estimateBytes(event) > this.maxEventBytes
      ? [{ pointer: '', detail: 'is larger than the queue can hold' }]
      : event;
  }
}

/** Returns the problem of an event whose topic the API key does not permit, and anything else unchanged. */
function permitted(event: NewEvent | FieldProblem[], apiKey: ApiKey | undefined): NewEvent | FieldProblem[] {
  if (!apiKey || Array.isArray(event) || apiKey.covers('publish', event.topic)) return event;
  return [{ pointer: '', detail: notPermitted(event.topic) }];
}

function endOfUpload(line: number, reason: string): BrokenStreamError {
  return new BrokenStreamError(line, Object.assign(new Error(reason), { statusCode: 400 }));
}
