import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { DedupKey } from '../event/event.js';
import { Problem } from '../http/problem.js';
import type { SendBudget } from '../http/send-budget.js';
import { Store } from '../store/store.js';
import { type EventsQuery, toFilter } from './events.query.js';
import { exportLines } from './export.js';
import type { EventKey, LookupResult, StoredKey } from './lookup.dto.js';

/**
 * Reads stored events as JSON text. Returns payloads as stored, because parsing them again would cost CPU time.
 */
@Injectable()
export class Events {
  constructor(private readonly store: Store) {}

  /** Returns the JSON text of an `EventsPage`. */
  async page(query: EventsQuery, signal?: AbortSignal): Promise<string> {
    const { topic = null } = query;
    const { events, more } = await this.store.find(toFilter(query), { signal });
    const next_cursor = more ? events.at(-1)!.seq : null;
    const json = events.map((event) => event.json).join(',');
    return `{"topic":${JSON.stringify(topic)},"count":${events.length},"events":[${json}],"next_cursor":${next_cursor}}`;
  }

  /**
   * Streams every selected event as NDJSON and ignores `limit`. Backpressure limits the reads from the store to the
   * speed of the client. An ascending stream also contains events that are stored while it runs. Calls `disconnect`
   * if the client reads too slowly while other responses need the room.
   */
  lines(query: EventsQuery, budget: SendBudget, disconnect: () => void): Readable {
    return exportLines(
      (filter, signal) => this.store.find(filter, { signal, patient: true }),
      toFilter(query),
      budget,
      disconnect,
    );
  }

  /** Returns which keys are stored and which are missing. Both lists keep the order of the keys. */
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
