import fc from 'fast-check';
import { type EventSelection } from '../../src/event/selection.js';
import { coversPattern, isPattern, matchesPattern } from '../../src/event/topic-pattern.js';
import type { EventsPage } from '../../src/query/events.dto.js';
import { SelectionIndex } from '../../src/stream/selections/selection-index.js';
import { anEvent } from '../harness/an-event.js';
import { Service } from '../harness/service.js';

const anyLevel = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'user', 'User', '') },
  { weight: 3, arbitrary: fc.constantFrom('*', '>', '**', 'a*', '>>') },
  { weight: 1, arbitrary: fc.constantFrom('%', '_', '?', '[a]', "'", '\\', 'ü', '🧡', '+', '$') },
);
/** A topic, or a pattern of topics: any pattern is a valid topic too. */
const anyTopic = fc
  .array(anyLevel, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('.'))
  .filter((topic) => topic !== '');

const escaped = (level: string) => level.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Matches with a regular expression instead of a loop over levels. */
function referenceMatches(pattern: string, topic: string): boolean {
  const levels = pattern.split('.');
  const source = levels.map((level, index) => {
    if (level === '>' && index === levels.length - 1) return '.*';
    return level === '*' ? '[^.]*' : escaped(level);
  });
  return new RegExp(`^${source.join('\\.')}$`, 'su').test(topic);
}

describe('a topic pattern', () => {
  it('matches the same topics as its regular expression', () => {
    fc.assert(
      fc.property(anyTopic, anyTopic, (pattern, topic) => {
        expect([pattern, topic, matchesPattern(pattern, topic)]).toEqual([
          pattern,
          topic,
          referenceMatches(pattern, topic),
        ]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('covers another one if it matches all that the other one matches', () => {
    const levels = ['a', 'b', 'c'];
    // All topics of up to four levels. A pattern of three levels that does not cover another one misses one of them.
    const topics = [1, 2, 3, 4].flatMap((length) =>
      Array.from({ length: 3 ** length }, (_, number) =>
        Array.from({ length }, (_level, position) => levels[Math.floor(number / 3 ** position) % 3]).join(
          '.',
        ),
      ),
    );
    const anyPattern = fc
      .array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 })
      .chain((head) => fc.constantFrom(...(head.length > 0 ? [head] : []), [...head, '>']))
      .map((all) => all.join('.'));
    fc.assert(
      fc.property(anyPattern, anyPattern, (pattern, other) => {
        const missed = topics.filter(
          (topic) => matchesPattern(other, topic) && !matchesPattern(pattern, topic),
        );
        expect([pattern, other, coversPattern(pattern, other)]).toEqual([
          pattern,
          other,
          missed.length === 0,
        ]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('has a level * or a last level >', () => {
    fc.assert(
      fc.property(anyTopic, (topic) => {
        expect(isPattern(topic)).toBe(/(^|\.)\*(\.|$)|(^|\.)>$/.test(topic));
      }),
    );
  });

  it('selects the same events in memory and in SQL', async () => {
    const topics = [...new Set(fc.sample(anyTopic, { numRuns: 300, seed: 1 }))];
    const service = await Service.start();
    const stored = topics.map((topic, index) =>
      anEvent({ topic, source: index % 3 === 0 ? 'robot' : 'person' }),
    );
    expect((await service.publish(stored)).status).toBe(200);

    const anySelection: fc.Arbitrary<EventSelection> = fc.record(
      {
        topic: fc.oneof(anyTopic, fc.constantFrom(...topics)),
        match: fc.constantFrom('pattern' as const, 'exact' as const),
        source: fc.constantFrom('robot', 'person', 'neither'),
      },
      { requiredKeys: ['topic'] },
    );
    await fc.assert(
      fc.asyncProperty(anySelection, async (selection) => {
        const query = new URLSearchParams(selection as Record<string, string>);
        const page = await service.get<EventsPage>(`/events?order=asc&limit=1000&${query.toString()}`);
        const index = new SelectionIndex<true>();
        index.set(selection, true);
        const inMemory = stored.filter((event) => index.match(event).length > 0);
        expect([selection, page.events.map(({ topic }) => topic)]).toEqual([
          selection,
          inMemory.map(({ topic }) => topic),
        ]);
      }),
      { numRuns: 400 },
    );
  });
});
