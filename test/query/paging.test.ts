import type { EventsPage } from '../../src/query/events.dto.js';
import { events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';

type Events = EventsPage['events'];

/** A filter as a query string, and as a function of an event. */
const FILTERS: [string, (event: Events[number]) => boolean][] = [
  ['', () => true],
  ['&topic=paged.a', ({ topic }) => topic === 'paged.a'],
  ['&topic=paged.*', ({ topic }) => topic === 'paged.a'],
  ['&source=robot', ({ source }) => source === 'robot'],
  ['&topic=paged.%3E&source=robot', ({ source }) => source === 'robot'],
];

describe('paging while publishing', () => {
  const service = Service.start();

  /** Publishes events of each topic and source, in concurrent requests. */
  async function publishSome(): Promise<void> {
    const requests = [
      events(1, { topic: 'paged.a', source: 'robot' }),
      events(7, { topic: 'paged.a', source: 'person' }),
      events(2, { topic: 'paged.b.c', source: 'robot' }),
    ];
    const responses = await Promise.all(requests.map(async (batch) => (await service).publish(batch)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  }

  beforeAll(async () => {
    for (let round = 0; round < 30; round++) await publishSome();
  });

  /** Follows next_cursor for a number of pages. Publishes more events while each page is read. */
  async function walk(order: 'asc' | 'desc', filter: string, pages: number): Promise<Events> {
    const read: Events = [];
    let cursor = '';
    for (let page = 0; page < pages; page++) {
      const query = `/events?limit=${order === 'asc' ? 9 : 30}&order=${order}${filter}${cursor}`;
      const [{ events: found, next_cursor }] = await Promise.all([
        (await service).get<EventsPage>(query),
        publishSome(),
        publishSome(),
      ]);
      read.push(...found);
      if (order === 'desc' && next_cursor === null) break;
      // Ascending, the last page has no next_cursor, but more events are stored after it.
      cursor = `&${order === 'asc' ? 'after' : 'before'}=${next_cursor ?? read.at(-1)!.seq}`;
    }
    return read;
  }

  it.each(FILTERS)('returns every event once, newest first, with "%s"', async (filter, isWanted) => {
    const read = await walk('desc', filter, Infinity);
    const first = read[0]!.seq;
    const all = await (await service).everything();
    expect(read.length).toBeGreaterThan(20);
    expect(read.toReversed()).toEqual(all.filter((event) => event.seq <= first && isWanted(event)));
  });

  it.each(FILTERS)('returns every event once, oldest first, with "%s"', async (filter, isWanted) => {
    const read = await walk('asc', filter, 40);
    const last = read.at(-1)!.seq;
    const all = await (await service).everything();
    expect(read.length).toBeGreaterThan(100);
    expect(read).toEqual(all.filter((event) => event.seq <= last && isWanted(event)));
  });
});

describe('pages of 1 MiB', () => {
  it('are complete for two concurrent readers', async () => {
    const large = await Service.start();
    const batch = events(12, { topic: 'large', payload: { text: 'x'.repeat(120_000) } });
    expect((await large.publish(batch)).status).toBe(200);
    const readAll = async () => {
      const pages: number[] = [];
      const read: number[][] = [];
      for (let after: number | null = 0; after !== null;) {
        const page: EventsPage = await large.get(`/events?order=asc&limit=1000&after=${after}`);
        pages.push(page.count);
        read.push(...page.events.map(({ seq, payload }) => [seq, (payload as { text: string }).text.length]));
        after = page.next_cursor;
      }
      return { pages, read };
    };
    const readers = await Promise.all([readAll(), readAll()]);
    for (const { pages, read } of readers) {
      // The event that exceeds 1 MiB ends the page.
      expect(pages).toEqual([9, 3]);
      expect(read).toEqual(Array.from({ length: 12 }, (_, index) => [index + 1, 120_000]));
    }
  });
});
