import { PublishingError } from '../../src/cli/simulate/failure.js';
import { readVerdict, readVerdicts } from '../../src/cli/simulate/verdicts.js';
import type { PublishedBatch, PublishedEvent } from '../../src/ingest/publish.dto.js';
import { events } from '../harness/an-event.js';

const [first, second] = events(2) as [ReturnType<typeof events>[0], ReturnType<typeof events>[0]];
const result = ({ topic, event_id }: typeof first, outcome: 'stored' | 'duplicate', seq: number) => ({
  topic,
  event_id,
  outcome,
  seq,
});
const response = {
  received: 2,
  stored: 1,
  duplicates: 1,
  conflicts: 0,
  results: [result(first, 'stored', 1), result(second, 'duplicate', 7)],
} as PublishedBatch;

describe('the simulator', () => {
  it('reads the verdict on each event that it sent', () => {
    expect(readVerdicts(response, [first, second])).toMatchObject([
      { outcome: 'stored', seq: 1 },
      { outcome: 'duplicate', seq: 7 },
    ]);
    const one = result(first, 'stored', 1) as unknown as PublishedEvent;
    expect(readVerdict(one, first)).toMatchObject({ outcome: 'stored', seq: 1 });
  });

  it.each([
    [
      'omit an event',
      { ...response, results: response.results!.slice(1) },
      /2 events were sent, but 1 have a verdict/,
    ],
    [
      'are in a different order',
      { ...response, results: response.results!.toReversed() },
      /event-1 was sent, but the verdict is on event-2/,
    ],
    ['differ from the totals', { ...response, duplicates: 0 }, /the sums .* differ from the verdicts/],
  ])('rejects verdicts that %s', (_, wrong, message) => {
    expect(() => readVerdicts(wrong, [first, second])).toThrow(PublishingError);
    expect(() => readVerdicts(wrong, [first, second])).toThrow(message);
  });

  it('rejects a verdict that names another event', () => {
    expect(() => readVerdict(result(second, 'stored', 1) as unknown as PublishedEvent, first)).toThrow(
      /was sent/,
    );
  });
});
