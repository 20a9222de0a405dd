import { Injectable } from '@nestjs/common';
import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { Config } from '../config.js';
import { malformedJson, requireUtf8 } from '../http/json.js';
import type { ReceivedBody } from '../http/received-body.js';
import { invalid, Problem } from '../http/problem.js';
import { unknownMembers } from '../http/unknown-members.js';
import { Turns } from '../http/turns.js';
import { type ParsedJson, parseExact } from '../json/parse.js';
import { scanJson } from '../json/scan.js';
import { checkEvent, type CheckEvent, type EventFormat, MAX_EVENT_NESTING, tooDeep } from './check-event.js';
import { checkParsed } from './check-parsed.js';
import { cloudEventFormat } from './cloud-events.js';
import { CollectedEvents, type RequestEvents } from './collected-events.js';
import { checkCount, type EventList, eventsTooLarge, findEvents, sizeOf } from './event-list.js';
import { parseParts } from './parse-parts.js';

/**
 * Minimum size of a body that is parsed in a separate iteration of the event loop. Such a body has a few hundred events
 * and takes about 1 ms to parse.
 */
const LARGE_BODY_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);
const UNKNOWN_MEMBER = 'is not a member of a batch; send one event, or {"events": […]} without other members';

const EVENTS: EventFormat = { contains: 'any', check: checkEvent };

/** Reads the body of a publish request: one event, an array, `{"events": […]}`, or CloudEvents. */
@Injectable()
export class EventReader {
  private readonly maxEventBytes: number;

  constructor(
    private readonly turns: Turns,
    { EVENT_LIMIT_BYTES, BODY_LIMIT_BYTES }: Config,
  ) {
    this.maxEventBytes = Math.min(EVENT_LIMIT_BYTES, BODY_LIMIT_BYTES);
  }

  /**
   * Checks all events before any of them is accepted. Rejects with a 422 that lists the problems. Rejects with a 413 if
   * there are too many events or an event is too large. Rejects with a 400 if the body is missing or not valid JSON.
   * Always releases the body.
   */
  read(body: ReceivedBody | undefined, headers: IncomingHttpHeaders): Promise<RequestEvents> {
    if (body === undefined || body.bytes.length < LARGE_BODY_BYTES) {
      return this.turns.runSoon(() => this.readNow(body, headers));
    }
    // The task returns the events and not the parsed body. If a promise resolved with the parsed body, it would stay in
    // memory until the response is flushed. Ten large requests then kept 340 MiB in memory.
    return this.turns.run(() => this.readNow(body, headers));
  }

  private async readNow(
    body: ReceivedBody | undefined,
    headers: IncomingHttpHeaders,
  ): Promise<RequestEvents> {
    try {
      const bytes = body?.bytes ?? EMPTY;
      const format = cloudEventFormat(headers) ?? EVENTS;
      requireUtf8(bytes);
      const list = format.contains === 'one' ? undefined : findEvents(bytes, this.maxEventBytes);
      return list ? await this.readList(bytes, list, format.check) : this.readWhole(bytes, format);
    } finally {
      body?.release();
    }
  }

  /** Parses and checks a batch in parts, and yields to the event loop in between. */
  private async readList(bytes: Buffer, list: EventList, check: CheckEvent): Promise<RequestEvents> {
    const collected = new CollectedEvents();
    for (const { parsed, events, first, isLast } of parseParts(bytes, list)) {
      collected.addAll(events, (event, index) =>
        checkParsed(parsed, event, `${list.pointer}/${first + index}`, check),
      );
      if (isLast || collected.isFull) break;
      await this.turns.yield();
    }
    return collected.result(list.ends.length, false, list.pointer);
  }

  /** Parses and checks a body that is one event, or a batch that `findEvents` does not recognize. */
  private readWhole(bytes: Buffer, { contains, check, mayBeEmpty }: EventFormat): RequestEvents {
    const parsed = this.parseWhole(bytes, mayBeEmpty);
    const { value } = parsed;
    const collected = new CollectedEvents();
    if (contains === 'array') {
      throw invalid('A batch of CloudEvents must be an array.', [
        { pointer: '', detail: 'must be an array' },
      ]);
    }
    if (contains === 'one' || !isBatch(value)) {
      collected.add(checkParsed(parsed, value, '', check));
      return collected.result(1, true, '');
    }
    const events = eventsOf(value);
    checkCount(events.length, '/events');
    collected.addAll(events, (event, index) => checkParsed(parsed, event, `/events/${index}`, check));
    return collected.result(events.length, false, '/events');
  }

  private parseWhole(bytes: Buffer, mayBeEmpty = false): ParsedJson {
    if (bytes.length === 0) {
      if (mayBeEmpty) return { value: undefined, hasPlaceholders: false, hasOutOfRange: false };
      throw new Problem(400, 'The body is empty. Send an event, an array of events, or {"events": […]}.');
    }
    if (bytes.length > this.maxEventBytes && sizeOf(bytes, 0, bytes.length) > this.maxEventBytes) {
      throw eventsTooLarge([''], this.maxEventBytes);
    }
    const { longNumbers, isTooDeep } = scanJson(bytes, MAX_EVENT_NESTING);
    if (isTooDeep) throw invalid('The event is invalid; nothing was accepted.', [tooDeep('')]);
    try {
      return parseExact(bytes, longNumbers);
    } catch {
      throw malformedJson(syntaxError(bytes));
    }
  }
}

/**
 * Returns the reason why a text is not valid JSON. Parses the original text, because placeholders would change the
 * position.
 */
function syntaxError(bytes: Buffer): string {
  try {
    JSON.parse(bytes.toString('utf8'));
    return 'Unexpected token';
  } catch (error) {
    return (error as Error).message;
  }
}

function isBatch(body: unknown): body is { events: unknown } {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'events');
}

/** Returns the events of a parsed batch. Throws 422 if it is invalid. */
function eventsOf(batch: { events: unknown }): unknown[] {
  const problems = unknownMembers(batch, ['events'], '', UNKNOWN_MEMBER);
  if (!Array.isArray(batch.events))
    problems.push({ pointer: '/events', detail: 'must be an array of events' });
  if (problems.length > 0) throw invalid('The batch is invalid; nothing was accepted.', problems);
  return batch.events as unknown[];
}
