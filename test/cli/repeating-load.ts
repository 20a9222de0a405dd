import type { EventDto } from '../../src/event/event.dto.js';
import type { PublishedBatch } from '../../src/ingest/publish.dto.js';
import { events } from '../harness/an-event.js';
import type { Client } from '../harness/client.js';

const PUBLISHERS = 4;
const NEW_PER_BATCH = 80;
const REPEATED_PER_BATCH = 20;

/** Publishes without a pause, with 20 % duplicates, and records each acknowledged event. */
export class RepeatingLoad {
  /** Seq and event_id of each event that was acknowledged as stored. */
  readonly acknowledged: string[] = [];
  private stopping = false;
  private readonly publishers: Promise<void>[];

  constructor(private readonly service: Pick<Client, 'publish'>) {
    this.publishers = Array.from({ length: PUBLISHERS }, () => this.publishAll());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.publishers);
  }

  private async publishAll(): Promise<void> {
    let repeated: EventDto[] = [];
    while (!this.stopping) {
      const fresh = events(NEW_PER_BATCH);
      const response = await this.service.publish([...fresh, ...repeated]);
      const { results } = (await response.json()) as PublishedBatch;
      for (const { event_id, seq, outcome } of results!)
        if (outcome === 'stored') this.acknowledged.push(`${seq} ${event_id}`);
      repeated = fresh.slice(0, REPEATED_PER_BATCH);
    }
  }
}
