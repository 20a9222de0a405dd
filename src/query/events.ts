import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { DedupKey } from '../event/event.js';
import { Problem } from '../http/problem.js';
import type { EventFilter } from '../store/event-filter.js';
import { Store } from '../store/store.js';
import { type EventsQuery, toFilter } from './events.query.js';
import type { EventKey, LookupResult, StoredKey } from './lookup.dto.js';

const LINES_PER_READ = 1_000;
const BYTES_PER_READ = 256 * 1024;

/**
 * Reads stored events as JSON text. Payloads are returned as stored, because parsing them again would cost CPU time.
 */
@Injectable()
export class Events {
  constructor(private readonly store: Store) {}

  /** Returns the JSON text of an `EventsPage`. */
  async page(query: EventsQuery): Promise<string> {
    const { topic = null } = query;
    const { events, more } = await this.store.find(toFilter(query));
    const next_cursor = more ? events.at(-1)!.seq : null;
    const json = events.map((event) => event.json).join(',');
    return `{"topic":${JSON.stringify(topic)},"count":${events.length},"events":[${json}],"next_cursor":${next_cursor}}`;
  }

  /**
   * Streams every selected event as NDJSON and ignores `limit`. Backpressure limits the reads from the store to the
   * speed of the client. An ascending stream also contains the events stored in the meantime.
   */
  lines(query: EventsQuery): Readable {
    return Readable.from(this.pagesOfLines(query), { objectMode: false, highWaterMark: 1 });
  }

  private async *pagesOfLines(query: EventsQuery): AsyncGenerator<string> {
    let filter: EventFilter = { ...toFilter(query), limit: LINES_PER_READ, maxBytes: BYTES_PER_READ };
    for (let more = true; more;) {
      const found = await this.store.find(filter);
      more = found.more;
      if (found.events.length === 0) return;
      yield found.events.map(({ json }) => `${json}\n`).join('');
      const { seq } = found.events.at(-1)!;
      filter = { ...filter, ...(filter.order === 'asc' ? { after: seq } : { before: seq }) };
    }
  }

  /** Separates keys into stored and missing ones. Both lists keep the order of the keys. */
  async lookup(keys: readonly DedupKey[]): Promise<LookupResult> {
    const seqs = await this.store.lookup(keys);
    const stored: StoredKey[] = [];
    const missing: EventKey[] = [];
    for (const [index, { topic, event_id }] of keys.entries()) {
      const seq = seqs[index]!;
      if (seq === null) missing.push({ topic, event_id });
      else stored.push({ topic, event_id, seq });
    }
    return { stored, missing };
  }

  /** Returns the JSON text of a `StoredEvent`. Throws a 404 if there is none. */
  async get(topic: string, eventId: string): Promise<string> {
    const event = await this.store.get({ topic, event_id: eventId });
    if (!event) throw new Problem(404, `No event "${eventId}" is stored in topic "${topic}".`);
    return event.json;
  }
}
