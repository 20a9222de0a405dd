import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import type { SendBudget } from '../http/send-budget.js';
import type { EventFilter } from '../store/event-filter.js';
import type { FoundEvents } from '../store/store.js';

const LINES_PER_CHUNK = 1_000;
/** Size at which a chunk ends. */
export const BYTES_PER_CHUNK = 256 * 1024;

/**
 * Streams every event that passes the filter as NDJSON, and ignores the limit of the filter. Reads a chunk after the
 * client has taken the previous one and the budget has room. An export holds at most one chunk in memory. While it
 * waits for room it holds none, so exports cannot deadlock. Calls `disconnect` if the client takes a chunk too slowly
 * while other responses need the room.
 */
export function exportLines(
  find: (filter: EventFilter, signal: AbortSignal) => Promise<FoundEvents>,
  filter: EventFilter,
  budget: SendBudget,
  disconnect: () => void,
): Readable {
  const stopped = new AbortController();
  const chunks = readChunks(find, filter, budget, disconnect, stopped.signal);
  return new Readable({
    // Reads no chunk ahead. Readable.from() would read the second chunk before the client has taken the first.
    highWaterMark: 0,
    read() {
      chunks.next().then(
        ({ value, done }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      stopped.abort();
      // Releases the reservation of the chunk, after a read from the store that is in progress.
      void chunks.return();
      done(error);
    },
  });
}

/** Yields chunks of lines. The bytes of a chunk stay reserved in the budget until the next chunk is requested. */
async function* readChunks(
  find: (filter: EventFilter, signal: AbortSignal) => Promise<FoundEvents>,
  filter: EventFilter,
  budget: SendBudget,
  disconnect: () => void,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let next: EventFilter = { ...filter, limit: LINES_PER_CHUNK, maxBytes: BYTES_PER_CHUNK };
  for (let more = true; more;) {
    let reservedBytes = BYTES_PER_CHUNK;
    let endLimit = () => {};
    await budget.reserved(reservedBytes, signal);
    try {
      const found = await find(next, signal);
      more = found.more;
      if (found.events.length === 0) return;
      const chunk = Buffer.from(found.events.map(({ json }) => `${json}\n`).join(''));
      budget.resize(reservedBytes, chunk.length);
      reservedBytes = chunk.length;
      endLimit = budget.limitTime(reservedBytes, disconnect);
      yield chunk;
      const { seq } = found.events.at(-1)!;
      next = { ...next, ...(next.order === 'asc' ? { after: seq } : { before: seq }) };
    } finally {
      endLimit();
      budget.release(reservedBytes);
    }
  }
}
