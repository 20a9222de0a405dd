import type { Buffer } from 'node:buffer';
import { malformedJson } from '../http/json.js';
import { invalid, MAX_REPORTED_ERRORS, Problem } from '../http/problem.js';
import { scanArray } from '../json/scan.js';
import { MAX_EVENT_NESTING, tooDeep } from './check-event.js';

export const MAX_EVENTS_PER_REQUEST = 10_000;

/**
 * Matches the beginning of a batch in the form of an object. Other members, before or after, are rejected when the body
 * is parsed.
 */
const EVENTS_MEMBER = /^\{\s*"events"\s*:\s*\[/;
const MAX_PREFIX_BYTES = 64;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const FIRST_LETTER = 'events'.charCodeAt(0);
const WHITESPACE = 0x20;

/** The events of a batch as byte ranges of the body, which are not parsed yet. */
export interface EventList {
  /** JSON pointer to the array. */
  readonly pointer: string;
  /** Offset of the first event. */
  readonly start: number;
  /** Offset after each event. The next event begins one byte later. */
  readonly ends: readonly number[];
  /** Offsets of numbers that a double may round. See `scanArray`. */
  readonly longNumbers: readonly number[];
}

/**
 * Finds the events of an array or of `{"events": […]}` in one pass, so that a large batch can be parsed in several
 * turns. Returns undefined if the body has any other form. Throws a 413 for too many events or for an event above
 * `maxEventBytes`. Throws a 422 for an empty batch or deep nesting. Throws a 400 if the array is not closed, or if data
 * follows it.
 */
export function findEvents(bytes: Buffer, maxEventBytes: number): EventList | undefined {
  const found = findArray(bytes);
  if (!found) return undefined;
  const { pointer, start } = found;
  const { ends, count, end, longNumbers, isTooDeep } = scanArray(
    bytes,
    start,
    MAX_EVENT_NESTING,
    MAX_EVENTS_PER_REQUEST,
  );
  if (isTooDeep)
    throw invalid('An event is invalid; nothing was accepted.', [tooDeep(`${pointer}/${count - 1}`)]);
  if (end < 0) throw malformedJson('Unexpected end of JSON input');
  const rest = skipWhitespace(bytes, end);
  const isObject = pointer !== '';
  // Other members or other data follow. Parsing the body as a whole reports them.
  if (isObject && (bytes[rest] !== CLOSE_BRACE || skipWhitespace(bytes, rest + 1) < bytes.length))
    return undefined;
  if (!isObject && rest < bytes.length)
    throw malformedJson(`Unexpected data after the array at position ${rest}`);
  const list = { pointer, start: start + 1, ends, longNumbers };
  const isEmpty = count === 1 && sizeOf(bytes, start + 1, ends[0]!) === 0;
  checkCount(isEmpty ? 0 : count, pointer);
  checkSizes(bytes, list, maxEventBytes);
  return list;
}

/** Throws a 422 for a batch without events, and a 413 for too many events. */
export function checkCount(count: number, pointer: string): void {
  if (count === 0) {
    throw invalid('The batch is empty. Send at least one event.', [{ pointer, detail: 'must not be empty' }]);
  }
  if (count > MAX_EVENTS_PER_REQUEST) {
    throw new Problem(
      413,
      `The request has ${count} events; at most ${MAX_EVENTS_PER_REQUEST} are allowed. Split the batch.`,
    );
  }
}

/** Returns the number of bytes between two offsets, without whitespace at either end. */
export function sizeOf(bytes: Buffer, start: number, end: number): number {
  let first = start;
  let last = end;
  while (first < last && bytes[first]! <= WHITESPACE) first++;
  while (last > first && bytes[last - 1]! <= WHITESPACE) last--;
  return last - first;
}

/** Creates a 413 that names each event above the maximum size. */
export function eventsTooLarge(pointers: readonly string[], maxEventBytes: number): Problem {
  const detail = `is larger than ${maxEventBytes} bytes`;
  return new Problem(
    413,
    `An event may have at most ${maxEventBytes} bytes; nothing was accepted. Store large data elsewhere, and send a reference to it.`,
    { errors: pointers.map((pointer) => ({ pointer, detail })) },
  );
}

function checkSizes(bytes: Buffer, { pointer, start, ends }: EventList, maxEventBytes: number): void {
  const tooLarge: string[] = [];
  let from = start;
  for (const [index, end] of ends.entries()) {
    const isLarge = end - from > maxEventBytes && sizeOf(bytes, from, end) > maxEventBytes;
    if (isLarge && tooLarge.length < MAX_REPORTED_ERRORS) tooLarge.push(`${pointer}/${index}`);
    from = end + 1;
  }
  if (tooLarge.length > 0) throw eventsTooLarge(tooLarge, maxEventBytes);
}

function findArray(bytes: Buffer): Pick<EventList, 'pointer' | 'start'> | undefined {
  const start = skipWhitespace(bytes, 0);
  if (bytes[start] === OPEN_BRACKET) return { pointer: '', start };
  // Avoids decoding most single events, because their first member does not begin with e.
  if (bytes[skipWhitespace(bytes, start + 1) + 1] !== FIRST_LETTER) return undefined;
  const prefix = EVENTS_MEMBER.exec(bytes.toString('latin1', start, start + MAX_PREFIX_BYTES));
  return prefix ? { pointer: '/events', start: start + prefix[0].length - 1 } : undefined;
}

function skipWhitespace(bytes: Buffer, at: number): number {
  while (at < bytes.length && bytes[at]! <= WHITESPACE) at++;
  return at;
}
