import type { Finding } from './findings.js';
import type { Answer, Attempt, SentEvent } from './history.js';
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

const told = (...verdicts: readonly [Outcome, number][]): Answer => ({
  kind: 'verdicts',
  verdicts: verdicts.map(([outcome, seq]) => ({ outcome, seq })),
});

const first = sent(1);
const reordered = sent(2, { payload: { text: 'a', number: 1 } });
const other = sent(3, { payload: { number: 2 } });
const second = sent(4, { event_id: 'second' });
const queued = sent(5, { event_id: 'queued' });
const unheard = sent(6, { event_id: 'unheard' });
const unheardToo = sent(7, { event_id: 'unheard too' });
const refused = sent(8, { event_id: 'refused' });

/** One of each answer, and a service that did everything right. */
const history: readonly Attempt[] = [
  { events: [first], answer: told(['stored', 1]) },
  { events: [reordered], answer: told(['duplicate', 1]) },
  { events: [other], answer: told(['conflict', 1]) },
  { events: [second, { ...second }], answer: told(['stored', 2], ['duplicate', 2]) },
  { events: [queued], answer: { kind: 'queued', due: true } },
  { events: [unheard], answer: { kind: 'unknown' } },
  { events: [unheardToo], answer: { kind: 'unknown' } },
  { events: [refused], answer: { kind: 'refused', status: 422 } },
];
const rows = [first, second, queued, unheard].map((event, index) => ({
  ...event,
  seq: index + 1,
  processed_at,
})) as unknown as readonly StoredEventDto[];

const sums = { received: 7, unique_processed: 4, duplicate_dropped: 3, conflicts: 1 };
const healthy: Readback = {
  rows,
  stats: { ...sums, queue_depth: 0 },
  counters: [{ topic: 'orders', ...sums }],
  rowsInFile: 4,
  integrity: 'ok',
};

/** A readback of these rows whose counters fit them. */
function withRows(...changed: readonly StoredEventDto[]): Readback {
  const unique_processed = changed.length;
  const counted = { ...sums, unique_processed, duplicate_dropped: sums.received - unique_processed };
  return {
    ...healthy,
    rows: changed,
    rowsInFile: changed.length,
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

const withAnswer = (index: number, answer: Answer) => history.with(index, { ...history[index]!, answer });
const kinds = (findings: readonly Finding[]) => findings.map(({ kind }) => kind);
const [row1, row2, row3, row4] = rows as [StoredEventDto, StoredEventDto, StoredEventDto, StoredEventDto];

describe('the judge', () => {
  it('finds nothing where every promise was kept', () => {
    expect(judge(history, healthy)).toEqual([]);
  });

  it('leaves open what the publisher does not know', () => {
    expect(judge(history, withRows(row1, row2, row3))).toEqual([]);
    expect(judge(history, withCounters({ received: 8, duplicate_dropped: 4, conflicts: 2 }))).toEqual([]);
    expect(
      judge(withAnswer(4, { kind: 'queued', due: false }), withRows(row1, row2, { ...row4, seq: 3 })),
    ).toEqual([]);
  });

  it.each<[string, readonly Attempt[], Readback, Finding['kind'][]]>([
    [
      'an acknowledged event that is not there',
      history,
      withRows(row1, { ...row2, event_id: 'unheard', source: unheard.source }),
      ['lost', 'lost', 'lost'],
    ],
    [
      'a 202 that was in no way interrupted and is not there',
      history,
      withRows(row1, row2, { ...row4, seq: 3 }),
      ['lost'],
    ],
    ['two rows with one key', history, withRows(row1, row2, row3, { ...row1, seq: 4 }), ['doubled']],
    [
      'two who were told "stored"',
      withAnswer(1, told(['stored', 1])),
      healthy,
      ['stored twice', 'divergent'],
    ],
    [
      'two in one request who were told "stored"',
      withAnswer(3, told(['stored', 2], ['stored', 2])),
      healthy,
      ['stored twice', 'divergent'],
    ],
    [
      'a payload that is not the one sent',
      history,
      withRows(row1, { ...row2, payload: {} }, row3, row4),
      ['divergent', 'divergent'],
    ],
    [
      'a timestamp that is not the one sent',
      history,
      withRows(row1, { ...row2, timestamp: 'now' }, row3, row4),
      ['divergent'],
    ],
    [
      'a row of another than the one told "stored"',
      history,
      withRows({ ...row1, source: reordered.source, payload: reordered.payload }, row2, row3, row4),
      ['divergent', 'divergent'],
    ],
    [
      '"duplicate" for another payload',
      withAnswer(2, told(['duplicate', 1])),
      withCounters({ conflicts: 0 }),
      ['divergent'],
    ],
    [
      '"conflict" for the same payload',
      withAnswer(1, told(['conflict', 1])),
      withCounters({ conflicts: 2 }),
      ['divergent'],
    ],
    [
      'a row that nobody sent',
      history,
      withRows(...rows, { ...row4, seq: 5, event_id: 'ghost' }),
      ['phantom'],
    ],
    [
      'a row from a source nobody has',
      history,
      withRows(row1, row2, row3, { ...row4, source: 'ghost' }),
      ['phantom'],
    ],
    ['a hole in seq', history, withRows(row1, row2, row3, { ...row4, seq: 5 }), ['disorder']],
    ['pages out of order', history, withRows(row1, row2, row4, row3), ['disorder', 'disorder']],
    [
      'a time of processing that falls',
      history,
      withRows(row1, row2, row3, { ...row4, processed_at: '2026' }),
      ['disorder'],
    ],
    ['another seq than was told', withAnswer(1, told(['duplicate', 2])), healthy, ['other seq']],
    ['received that is not unique and dropped', history, withCounters({ received: 8 }), ['sums']],
    [
      'received that is less than was acknowledged',
      history,
      withCounters({ received: 5, duplicate_dropped: 1 }),
      ['sums'],
    ],
    [
      'received that is more than was sent',
      history,
      withCounters({ received: 9, duplicate_dropped: 5 }),
      ['sums'],
    ],
    ['fewer conflicts than were told', history, withCounters({ conflicts: 0 }), ['sums']],
    [
      'more conflicts than can be',
      withAnswer(4, told(['stored', 3])),
      withCounters({ received: 8, duplicate_dropped: 4, conflicts: 4 }),
      ['sums'],
    ],
    [
      'a topic that was never counted',
      history,
      {
        ...healthy,
        counters: [],
        stats: { ...healthy.stats, received: 0, unique_processed: 0, duplicate_dropped: 0, conflicts: 0 },
      },
      ['sums'],
    ],
    [
      'statistics that are not those of the file',
      history,
      { ...healthy, stats: { ...healthy.stats, received: 8 } },
      ['sums'],
    ],
    ['rows that the pages leave out', history, { ...healthy, rowsInFile: 5 }, ['sums']],
    [
      'a row of a refused request',
      history,
      withRows(row1, row2, row3, { ...row4, event_id: 'refused', source: refused.source }),
      ['not refused'],
    ],
    [
      'an answer that nobody should get',
      withAnswer(5, { kind: 'unexpected', told: '500' }),
      healthy,
      ['unexpected'],
    ],
    ['a corrupt file', history, { ...healthy, integrity: 'row 3 missing from index' }, ['corrupt']],
  ])('finds %s', (_, attempts, readback, expected) => {
    expect(kinds(judge(attempts, readback))).toEqual(expected);
  });
});
