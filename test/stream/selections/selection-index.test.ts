import fc from 'fast-check';
import { type EventSelection, topicPattern } from '../../../src/event/selection.js';
import { matchesPattern } from '../../../src/event/topic-pattern.js';
import { SelectionIndex } from '../../../src/stream/selections/selection-index.js';

interface Event {
  readonly topic: string;
  readonly source: string;
}

const anyLevel = fc.constantFrom('a', 'b', '', '*', '*', '>', '**');
const anyTopic = fc
  .array(anyLevel, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('.'))
  .filter((topic) => topic !== '');
const anySource = fc.constantFrom('robot', 'person');
const anyEvent: fc.Arbitrary<Event> = fc.record({ topic: anyTopic, source: anySource });
const anySelection: fc.Arbitrary<EventSelection> = fc.record(
  { topic: anyTopic, match: fc.constantFrom('pattern' as const, 'exact' as const), source: anySource },
  { requiredKeys: [] },
);

/** The conditions that the store has in SQL. */
function isSelected(selection: EventSelection, event: Event): boolean {
  const { topic, source } = selection;
  if (source !== undefined && source !== event.source) return false;
  const pattern = topicPattern(selection);
  if (pattern !== undefined) return matchesPattern(pattern, event.topic);
  return topic === undefined || topic === event.topic;
}

const keyOf = (selection: EventSelection) =>
  JSON.stringify([topicPattern(selection) !== undefined, selection.topic, selection.source]);

describe('SelectionIndex', () => {
  it('finds the selections that the conditions of the store include, also after others are deleted', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anySelection, { selector: keyOf, maxLength: 150, size: 'max' }),
        fc.array(anyEvent, { minLength: 1, maxLength: 20 }),
        (selections, events) => {
          const index = new SelectionIndex<EventSelection>();
          for (const selection of selections) index.set(selection, selection);
          const deleted = new Set(selections.filter((_, at) => at % 3 === 0));
          for (const selection of deleted) index.delete(selection);
          const added = selections.filter((_, at) => at % 6 === 0);
          for (const selection of added) index.set(selection, selection);
          const present = selections.filter(
            (selection) => !deleted.has(selection) || added.includes(selection),
          );
          for (const event of events) {
            const expected = present.filter((selection) => isSelected(selection, event));
            expect(index.match(event).map(keyOf).toSorted()).toEqual(expected.map(keyOf).toSorted());
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('matches topics and patterns with as many levels as a name can have', () => {
    const index = new SelectionIndex<string>();
    for (const topic of ['>', `a.${'.'.repeat(252)}>`, `*${'.'.repeat(254)}`, 'a.>'])
      index.set({ topic }, topic);
    expect(index.match({ topic: '.'.repeat(255), source: 's' })).toEqual(['>']);
    const topic = `a${'.'.repeat(254)}`;
    expect(index.match({ topic, source: 's' }).toSorted()).toEqual(
      ['>', `a.${'.'.repeat(252)}>`, `*${'.'.repeat(254)}`, 'a.>'].toSorted(),
    );
  });

  it('needs about the time of one pattern for each of 2 000 that mix * with the levels of the topic', () => {
    const topic = `${'a.'.repeat(99)}b`;
    const mixed = (bits: number) =>
      Array.from({ length: 100 }, (_, level) => {
        if (level === 99) return 'z';
        return (bits >> (level % 11)) & 1 ? '*' : 'a';
      }).join('.');
    const indexOf = (patterns: string[]) => {
      const index = new SelectionIndex<string>();
      for (const pattern of patterns) index.set({ topic: pattern }, pattern);
      return index;
    };
    const msFor = (index: SelectionIndex<string>) => {
      const started = performance.now();
      for (let run = 0; run < 500; run++) expect(index.match({ topic, source: 's' })).toHaveLength(0);
      return performance.now() - started;
    };
    const [one, many] = [
      indexOf([mixed(2)]),
      indexOf(Array.from({ length: 2_000 }, (_, bits) => mixed(bits))),
    ];
    msFor(one);
    msFor(many);
    let [oneMs, manyMs] = [Infinity, Infinity];
    for (let attempt = 0; attempt < 3; attempt++) {
      oneMs = Math.min(oneMs, msFor(one));
      manyMs = Math.min(manyMs, msFor(many));
    }
    // A comparison with each of them, or a trie, takes some 2 000 times as long.
    expect(manyMs / oneMs).toBeLessThan(50);
  });
});
