import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventsPage } from '../../../src/query/events.dto.js';
import { StreamClient } from '../../stream/stream-client.js';
import type { Replica } from './replica.js';

const RECONNECT_MS = 20;
const PAGE_PAUSE_MS = 20;

/** Reads the log of a replica with a cursor, across restarts of the replica, and records the seqs in their order. */
export abstract class CursorReader {
  /** Highest seq up to which each event was read once, in order. */
  cursor = 0;
  /** Events that do not follow the previous one. */
  readonly faults: string[] = [];
  private stopped = false;

  constructor(
    protected readonly replica: Replica,
    readonly name: string,
  ) {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Reads until the connection ends. */
  protected abstract read(isStopped: () => boolean): Promise<void>;

  protected take(seq: number): void {
    if (seq !== this.cursor + 1) this.faults.push(`${this.name}: seq ${seq} follows ${this.cursor}`);
    this.cursor = seq;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      // The replica is down or unavailable.
      await this.read(() => this.stopped).catch(() => {});
      await sleep(RECONNECT_MS);
    }
  }
}

/** Subscribes to the stream of a replica. */
export class StreamReader extends CursorReader {
  protected async read(isStopped: () => boolean): Promise<void> {
    const stream = await StreamClient.open(this.replica.service, `?after=${this.cursor}`);
    if (stream.response.statusCode !== 200) throw new Error(`status ${stream.response.statusCode}`);
    const timer = setInterval(() => isStopped() && stream.close(), RECONNECT_MS);
    stream.response.on('data', () => {
      for (const seq of stream.ids.splice(0)) this.take(seq);
      stream.events.length = 0;
    });
    await once(stream.response, 'close').finally(() => clearInterval(timer));
  }
}

/** Polls the pages of a replica. */
export class PageReader extends CursorReader {
  protected async read(isStopped: () => boolean): Promise<void> {
    while (!isStopped()) {
      const page = await this.replica.service.get<EventsPage>(`/events?order=asc&after=${this.cursor}`);
      for (const { seq } of page.events) this.take(seq);
      if (page.events.length === 0) await sleep(PAGE_PAUSE_MS);
    }
  }
}
