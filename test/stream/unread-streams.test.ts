import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SubjectCommits } from '../../src/consumer/subject-commits.js';
import type { NewEvent } from '../../src/event/event.js';
import { SendBudget } from '../../src/http/send-budget.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { LiveStreams } from '../../src/stream/live-streams.js';
import { LiveWindow } from '../../src/stream/live-window.js';
import { aDatabase } from '../harness/database.js';
import { newEvents, submissionOf } from '../harness/new-event.js';
import { releaseAtEnd } from '../harness/release.js';
import { until } from '../harness/until.js';
import { StreamClient } from './stream-client.js';

const STREAMS = 40;
const EVENTS = 12;
const LARGE_BYTES = 1_000_000;
/** Unread bytes that each stream may have in addition to the capacity. */
const SMALL_PART_BYTES = 20 * 1024;

/** Streams over HTTP, with large events in the store. */
class Streams {
  private readonly responses = new Set<ServerResponse>();

  private constructor(
    private readonly store: SqliteStore,
    private readonly commits: SubjectCommits,
    private readonly port: number,
  ) {}

  static async withLargeEvents(capacityBytes: number): Promise<Streams> {
    const store = await SqliteStore.open(aDatabase());
    releaseAtEnd(() => store.close());
    const commits = new SubjectCommits();
    const live = new LiveStreams(new LiveWindow(commits), store, commits);
    const budget = new SendBudget(capacityBytes);
    const server = createServer((request, response) => {
      streams.responses.add(response);
      response.once('close', () => streams.responses.delete(response));
      live.open(response.writeHead(200), budget, {}, Number(request.url!.slice(1)));
    });
    releaseAtEnd(() => void server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const streams = new Streams(store, commits, (server.address() as AddressInfo).port);
    const payload = JSON.stringify({ text: 'x'.repeat(LARGE_BYTES) });
    for (const event of newEvents(EVENTS, { payload })) await streams.publish([event]);
    return streams;
  }

  async publish(events: NewEvent[]): Promise<void> {
    const batch = [submissionOf(...events)];
    const commit = await this.store.commit(batch);
    this.commits.announce({ lastSeq: commit.lastSeq, own: { ...commit, batch, ms: 1 } });
  }

  async open(after: number): Promise<StreamClient> {
    const asking = get({ port: this.port, path: `/${after}`, agent: false });
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    return new StreamClient(response);
  }

  /** Opens streams that are not read. Resolves once they fill the buffers of the operating system. */
  async openStalled(): Promise<StreamClient[]> {
    const clients: StreamClient[] = [];
    for (let stream = 0; stream < STREAMS; stream++) {
      const client = await this.open(0);
      client.response.pause();
      clients.push(client);
    }
    let [unread, polls] = [-1, 0];
    await until(() => {
      polls = unread > 0 && unread === this.unreadBytes ? polls + 1 : 0;
      unread = this.unreadBytes;
      return polls === 50;
    }, 'no stream advances');
    return clients;
  }

  /** Bytes of all responses that the operating system has not taken. */
  get unreadBytes(): number {
    return [...this.responses].reduce((sum, { writableLength }) => sum + writableLength, 0);
  }
}

const sequence = (after: number, to: number) =>
  Array.from({ length: to - after }, (_, index) => after + index + 1);

function closeAll(clients: readonly StreamClient[]): void {
  for (const client of clients) client.close();
}

describe('streams that are not read', () => {
  it('share the capacity for responses, and miss nothing once they are read', async () => {
    const unbounded = await Streams.withLargeEvents(Infinity);
    const hoarders = await unbounded.openStalled();
    await until(
      async () => unbounded.unreadBytes > (STREAMS * LARGE_BYTES) / 4,
      'streams without a budget have many unread bytes',
    );
    closeAll(hoarders);

    const capacityBytes = 3 * LARGE_BYTES;
    const streams = await Streams.withLargeEvents(capacityBytes);
    const clients = await streams.openStalled();
    expect(streams.unreadBytes).toBeGreaterThan(0);
    expect(streams.unreadBytes).toBeLessThan(capacityBytes + STREAMS * SMALL_PART_BYTES);
    // The others hold the whole capacity. These three get it once the others have gone.
    const readers = clients.splice(-3);
    for (const reader of readers) reader.response.resume();
    closeAll(clients);
    for (const reader of readers) {
      await until(() => reader.ids.length === EVENTS, 'every event is received');
      expect(reader.ids).toEqual(sequence(0, EVENTS));
    }
    closeAll(readers);
  });

  it('do not delay a stream that is read, although they hold the whole capacity', async () => {
    const streams = await Streams.withLargeEvents(1024);
    const stalled = await streams.openStalled();
    await streams.publish(newEvents(1_000));
    const past = await streams.open(EVENTS);
    const live = await streams.open(EVENTS + 1_000);
    await streams.publish(newEvents(1_000));
    await until(
      () => live.ids.length === 1_000 && past.ids.length === 2_000,
      'every small event is received',
    );
    expect(past.ids).toEqual(sequence(EVENTS, EVENTS + 2_000));
    expect(live.ids).toEqual(sequence(EVENTS + 1_000, EVENTS + 2_000));
    closeAll([...stalled, past, live]);
  });
});
