import type { Buffer } from 'node:buffer';
import { malformedJson } from '../http/json.js';
import type { Problem } from '../http/problem.js';
import { type ParsedJson, parseElements } from '../json/parse.js';
import type { EventList } from './event-list.js';

/** Size at which a part ends. A part has about 2500 typical events, which take about 8 ms to parse. */
const BYTES_PER_PART = 512 * 1024;

/** Consecutive events of a batch after parsing. */
interface ParsedPart {
  readonly parsed: ParsedJson;
  readonly events: readonly unknown[];
  /** Index of the first event. */
  readonly first: number;
  readonly isLast: boolean;
}

/**
 * Parses the events of a batch in parts, so that the caller can yield to the event loop in between. Throws a 400 that
 * names the first event that is not JSON.
 */
export function* parseParts(bytes: Buffer, list: EventList): Generator<ParsedPart> {
  const { ends, longNumbers } = list;
  let { start } = list;
  let numberAt = 0;
  for (let first = 0; first < ends.length;) {
    let last = first;
    while (last < ends.length - 1 && ends[last]! - start < BYTES_PER_PART) last++;
    while (longNumbers[numberAt]! < start) numberAt += 2;
    const parsed = parsePart(() => parseElements(bytes, start, ends[last]!, longNumbers, numberAt));
    const events = parsed?.value as unknown[] | undefined;
    // If an element is missing, a part may consist only of white space, which JSON.parse accepts as an empty array.
    if (!parsed || events?.length !== last - first + 1) throw explain(bytes, list, first, start);
    yield { parsed, events, first, isLast: last === ends.length - 1 };
    start = ends[last]! + 1;
    first = last + 1;
  }
}

function parsePart(parse: () => ParsedJson): ParsedJson | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/** Finds the first event that is not valid JSON by parsing the events one by one, starting at index `first`. */
function explain(bytes: Buffer, { pointer, ends }: EventList, first: number, start: number): Problem {
  for (let index = first; index < ends.length; start = ends[index++]! + 1) {
    try {
      JSON.parse(bytes.toString('utf8', start, ends[index]));
    } catch (error) {
      return malformedJson((error as Error).message, `${pointer}/${index}`);
    }
  }
  return malformedJson('Unexpected token', pointer);
}
