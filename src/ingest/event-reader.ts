import { Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { NewEvent } from '../event/event.js';
import { estimateBytes } from '../event/event-size.js';
import type { ReceivedBody } from '../http/received-body.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid, MAX_REPORTED_ERRORS, Problem } from '../http/problem.js';
import { unknownMembers } from '../http/unknown-members.js';
import { checkEvent, type ListedEvents } from './check-event.js';
import { listCloudEvents } from './cloud-events.js';
import { Turns } from './turns.js';

export const MAX_EVENTS_PER_REQUEST = 10_000;

/** Minimum size of a body that waits for its turn. It has a few hundred events and takes about 1 ms to parse. */
const LARGE_BODY_BYTES = 64 * 1024;
/** Size of the events that are checked before yielding: about 1600 typical events in 3 ms. */
const BYTES_PER_TURN = 512 * 1024;

const UNKNOWN_MEMBER = 'is not a member of a batch; send one event, or {"events": […]} without other members';

/** The events of one request, all of them valid. */
interface RequestEvents {
  readonly events: readonly NewEvent[];
  /** Estimated memory of the events. */
  readonly bytes: number;
  /** Whether the request is one event, not an array of one. */
  readonly single: boolean;
}

/** Reads the body of a publish request: one event, an array, `{"events": […]}`, or CloudEvents. */
@Injectable()
export class EventReader {
  private readonly turns = new Turns();

  /**
   * Checks all events before any of them is accepted. Rejects with a 422 that lists the problems, 413 for too many
   * events, or 400 for a body that is missing or not JSON.
   */
  read(body: ReceivedBody | undefined, headers: IncomingHttpHeaders): Promise<RequestEvents> {
    if (body === undefined || body.byteLength < LARGE_BODY_BYTES) return this.readNow(body, headers);
    // The task returns the events, not the parsed body. A parsed body in the result of a promise stays in memory until
    // the response is flushed. Ten large requests kept 340 MiB.
    return this.turns.run(() => this.readNow(body, headers));
  }

  private async readNow(
    body: ReceivedBody | undefined,
    headers: IncomingHttpHeaders,
  ): Promise<RequestEvents> {
    const { values, single, pointer, check } = list(body?.parse(), headers);
    const events: NewEvent[] = [];
    const errors: FieldProblem[] = [];
    let rejected = 0;
    let bytes = 0;
    let turnEnds = BYTES_PER_TURN;
    for (let index = 0; index < values.length; index++) {
      if (bytes > turnEnds) {
        turnEnds = bytes + BYTES_PER_TURN;
        await this.turns.yield();
      }
      const event = check(values[index], single ? pointer : `${pointer}/${index}`);
      if (Array.isArray(event)) {
        rejected++;
        if (errors.push(...event) >= MAX_REPORTED_ERRORS) break;
      } else {
        events.push(event);
        bytes += estimateBytes(event);
      }
    }
    if (rejected > 0) throw invalidEvents(rejected, values.length, errors);
    return { events, bytes, single };
  }
}

/** Lists the events of a body. Throws 400 for a missing body, 422 for an invalid batch, and 413 for too many events. */
function list(body: unknown, headers: IncomingHttpHeaders): ListedEvents {
  const listed = listCloudEvents(body, headers) ?? listEvents(body);
  const { values, pointer } = listed;
  if (values.length === 0) {
    throw invalid('The batch is empty. Send at least one event.', [{ pointer, detail: 'must not be empty' }]);
  }
  if (values.length > MAX_EVENTS_PER_REQUEST) {
    throw new Problem(
      413,
      `The request has ${values.length} events; at most ${MAX_EVENTS_PER_REQUEST} are allowed. Split the batch.`,
    );
  }
  return listed;
}

function listEvents(body: unknown): ListedEvents {
  if (body === undefined) {
    throw new Problem(400, 'The body is empty. Send an event, an array of events, or {"events": […]}.');
  }
  if (Array.isArray(body)) return { values: body, single: false, pointer: '', check: checkEvent };
  if (!isBatch(body)) return { values: [body], single: true, pointer: '', check: checkEvent };
  const { events } = body;
  const problems = unknownMembers(body, ['events'], '', UNKNOWN_MEMBER);
  if (!Array.isArray(events)) problems.push({ pointer: '/events', detail: 'must be an array of events' });
  if (problems.length > 0) throw invalid('The batch is invalid; nothing was accepted.', problems);
  return { values: events as unknown[], single: false, pointer: '/events', check: checkEvent };
}

function isBatch(body: unknown): body is { events: unknown } {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'events');
}

/** Creates a 422 that counts and lists the invalid events. */
function invalidEvents(rejected: number, total: number, errors: readonly FieldProblem[]): Problem {
  const truncated = errors.length >= MAX_REPORTED_ERRORS;
  const subject =
    total === 1 ? 'The event is' : `${rejected} of ${total} events ${rejected === 1 ? 'is' : 'are'}`;
  return invalid(
    `${truncated && total > 1 ? 'At least ' : ''}${subject} invalid; nothing was accepted.` +
      (truncated ? ` The first ${MAX_REPORTED_ERRORS} errors are listed.` : ''),
    errors.slice(0, MAX_REPORTED_ERRORS),
  );
}
