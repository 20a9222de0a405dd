import { events } from '../harness/an-event.js';
import { Service } from '../harness/service.js';
import type { TopicsPage } from '../../src/stats/topics.dto.js';
import type { EventsPage } from '../../src/query/events.dto.js';

const service = await Service.start({ BODY_LIMIT_BYTES: '200000' });

describe('GET /topics', () => {
  it('returns pages of topics, whose counters add up to those of GET /stats', async () => {
    await service.publish(events(5).map((event, index) => ({ ...event, topic: `topic-${index}` })));
    const all: TopicsPage['topics'] = [];
    for (let after: string | null = ''; after !== null;) {
      const page: TopicsPage = await service.get(
        `/topics?limit=2${after && `&after=${encodeURIComponent(after)}`}`,
      );
      all.push(...page.topics);
      after = page.next_cursor;
    }
    const stats = await service.stats();
    expect(all.map(({ topic }) => topic).sort()).toEqual([...stats.topics].sort());
    for (const counter of ['received', 'unique_processed', 'duplicate_dropped', 'conflicts'] as const) {
      expect(all.reduce((sum, topic) => sum + topic[counter], 0)).toBe(stats[counter]);
    }
    const [newest] = (await service.get<EventsPage>('/events?topic=topic-4')).events;
    expect(all.find(({ topic }) => topic === 'topic-4')).toMatchObject({
      first_event_at: newest!.processed_at,
      last_event_at: newest!.processed_at,
    });
  });
});

describe('GET /stats', () => {
  it('rejects unknown parameters', async () => {
    const response = await service.request('/stats?x=1');
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({ errors: [{ pointer: 'x', detail: 'is not a parameter of this call' }] }),
    ]);
  });
});
