import type { Finding } from './findings.js';
import type { Attempt, AttemptResult, SentEvent } from './history.js';
import { judge } from './judge.js';
import type { Readback } from './readback.js';
import type { Outcome } from '../../src/event/verdict.js';
import type { StoredEventDto } from '../../src/query/events.dto.js';

const processed_at = '2026-01-31T12:00:01.000Z';

function sent(attempt: number, overrides: Partial<SentEvent> = {}): SentEvent {
  return {
    topic: 'orders',
    event_id: 'first',
    timestamp: '2026-01-31T12:00:00Z',
    source: `attempt-${attempt}`,
    payload: { number: 1, text: 'a' },
    ...overrides,
  };
}

const withVerdicts = (...verdicts: readonly [Outcome, number][]): AttemptResult => ({
  kind: 'verdicts',
  verdicts: verdicts.map(([outcome, seq]) => ({ outcome, seq })),
});

const first = sent(1);
const reordered = sent(2, { payload: { text: 'a', number: 1 } });
const other = sent(3, { payload: { number: 2 } });
const second = sent(4, { event_id: 'second' });
const queued = sent(5, { event_id: 'queued' });
const uncertain = sent(6, { event_id: 'uncertain' });
const secondUncertain = sent(7, { event_id: 'second-uncertain' });
const rejected = sent(8, { event_id: 'rejected' });

/** Attempts with each kind of result, of a correct service. */
const history: readonly Attempt[] = [
  { events: [first], result: withVerdicts(['stored', 1]) },
  { events: [reordered], result: withVerdicts(['duplicate', 1]) },
  { events: [other], result: withVerdicts(['conflict', 1]) },
  { events: [second, { ...second }], result: withVerdicts(['stored', 2], ['duplicate', 2]) },
  { events: [queued], result: { kind: 'queued', due: true } },
  { events: [uncertain], result: { kind: 'unknown' } },
  { events: [secondUncertain], result: { kind: 'unknown' } },
  { events: [rejected], result: { kind: 'rejected', status: 422 } },
];
const rows = [first, second, queued, uncertain].map((event, index) => ({
  ...event,
  seq: index + 1,
  processed_at,
})) as unknown as readonly StoredEventDto[];

const sums = { received: 7, unique_processed: 4, duplicate_dropped: 3, conflicts: 1 };
const healthy: Readback = {
  rows,
  stats: { ...sums, queue_depth: 0 },
  counters: [{ topic: 'orders', ...sums }],
  rowCount: 4,
  integrity: 'ok',
};

/** Returns a readback of these rows with matching counters. */
function withRows(...changed: readonly StoredEventDto[]): Readback {
  const unique_processed = changed.length;
  const counted = { ...sums, unique_processed, duplicate_dropped: sums.received - unique_processed };
  return {
    ...healthy,
    rows: changed,
    rowCount: changed.length,
    stats: { ...counted, queue_depth: 0 },
    counters: [{ topic: 'orders', ...counted }],
  };
}

function withCounters(changed: Partial<typeof sums>): Readback {
  const counted = { ...sums, ...changed };
  return {
    ...healthy,
    stats: { ...counted, queue_depth: 0 },
    counters: [{ topic: 'orders', ...counted }],
  };
}

const withResult = (index: number, result: AttemptResult) =>
  history.with(index, { ...history[index]!, result });
const kinds = (findings: readonly Finding[]) => findings.map(({ kind }) => kind);
const [row1, row2, row3, row4] = rows as [StoredEventDto, StoredEventDto, StoredEventDto, StoredEventDto];

describe('the judge', () => {
  it('reports nothing about a correct service', () => {
    expect(judge(history, healthy)).toEqual([]);
  });

  it('accepts any result of a request whose response is unknown', () => {
    expect(judge(history, withRows(row1, row2, row3))).toEqual([]);
    expect(judge(history, withCounters({ received: 8, duplicate_dropped: 4, conflicts: 2 }))).toEqual([]);
    expect(
      judge(withResult(4, { kind: 'queued', due: false }), withRows(row1, row2, { ...row4, seq: 3 })),
    ).toEqual([]);
  });

  it.each<[string, readonly Attempt[], Readback, Finding['kind'][]]>([
    [
      'an acknowledged event that is not stored',
      history,
      withRows(row1, { ...row2, event_id: 'uncertain', source: uncertain.source }),
      ['lost', 'lost', 'lost'],
    ],
    [
      'an event that is not stored although the queue was drained after its 202',
      history,
      withRows(row1, row2, { ...row4, seq: 3 }),
      ['lost'],
    ],
    ['two rows with the same key', history, withRows(row1, row2, row3, { ...row1, seq: 4 }), ['doubled']],
    [
      'two attempts with the verdict "stored" on one key',
      withResult(1, withVerdicts(['stored', 1])),
      healthy,
      ['stored twice', 'divergent'],
    ],
    [
      'two events of one request with the verdict "stored" on one key',
      withResult(3, withVerdicts(['stored', 2], ['stored', 2])),
      healthy,
      ['stored twice', 'divergent'],
    ],
    [
      'a payload that differs from the sent one',
      history,
      withRows(row1, { ...row2, payload: {} }, row3, row4),
      ['divergent', 'divergent'],
    ],
    [
      'a timestamp that differs from the sent one',
      history,
      withRows(row1, { ...row2, timestamp: 'now' }, row3, row4),
      ['divergent'],
    ],
    [
      'a row of another attempt than the one with the verdict "stored"',
      history,
      withRows({ ...row1, source: reordered.source, payload: reordered.payload }, row2, row3, row4),
      ['divergent', 'divergent'],
    ],
    [
      'a verdict "duplicate" on a different payload',
      withResult(2, withVerdicts(['duplicate', 1])),
      withCounters({ conflicts: 0 }),
      ['divergent'],
    ],
    [
      'a verdict "conflict" on the same payload',
      withResult(1, withVerdicts(['conflict', 1])),
      withCounters({ conflicts: 2 }),
      ['divergent'],
    ],
    [
      'a row with a key that was never sent',
      history,
      withRows(...rows, { ...row4, seq: 5, event_id: 'ghost' }),
      ['phantom'],
    ],
    [
      'a row with a source that was never sent',
      history,
      withRows(row1, row2, row3, { ...row4, source: 'ghost' }),
      ['phantom'],
    ],
    ['a gap in seq', history, withRows(row1, row2, row3, { ...row4, seq: 5 }), ['disorder']],
    ['pages out of order', history, withRows(row1, row2, row4, row3), ['disorder', 'disorder']],
    [
      'a processed_at that decreases',
      history,
      withRows(row1, row2, row3, { ...row4, processed_at: '2026' }),
      ['disorder'],
    ],
    [
      'a seq that differs from the verdict',
      withResult(1, withVerdicts(['duplicate', 2])),
      healthy,
      ['other seq'],
    ],
    [
      'a count in received that is not the sum of unique_processed and duplicate_dropped',
      history,
      withCounters({ received: 8 }),
      ['sums'],
    ],
    [
      'a count in received below the number of acknowledged events',
      history,
      withCounters({ received: 5, duplicate_dropped: 1 }),
      ['sums'],
    ],
    [
      'a count in received above the number of sent events',
      history,
      withCounters({ received: 9, duplicate_dropped: 5 }),
      ['sums'],
    ],
    ['fewer conflicts than conflict verdicts', history, withCounters({ conflicts: 0 }), ['sums']],
    [
      'more conflicts than duplicates and events without a verdict allow',
      withResult(4, withVerdicts(['stored', 3])),
      withCounters({ received: 8, duplicate_dropped: 4, conflicts: 4 }),
      ['sums'],
    ],
    [
      'a topic without counters',
      history,
      {
        ...healthy,
        counters: [],
        stats: { ...healthy.stats, received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0 },
      },
      ['sums'],
    ],
    [
      'a counter in /stats that differs from the table',
      history,
      { ...healthy, stats: { ...healthy.stats, received: 8 } },
      ['sums'],
    ],
    ['a row in the table that no page returns', history, { ...healthy, rowCount: 5 }, ['sums']],
    [
      'a row of a rejected request',
      history,
      withRows(row1, row2, row3, { ...row4, event_id: 'rejected', source: rejected.source }),
      ['not rejected'],
    ],
    [
      'a response that no publisher should receive',
      withResult(5, { kind: 'unexpected', detail: '500' }),
      healthy,
      ['unexpected'],
    ],
    ['a corrupt file', history, { ...healthy, integrity: 'row 3 missing from index' }, ['corrupt']],
  ])('reports %s', (_, attempts, readback, expected) => {
    expect(kinds(judge(attempts, readback))).toEqual(expected);
  });
});
