import { audit } from '../../src/cli/simulate/audit.js';
import { Ledger } from '../../src/cli/simulate/ledger.js';
import type { StatsResponse } from '../../src/stats/stats.dto.js';

function stats(overrides: Partial<StatsResponse> = {}): StatsResponse {
  return {
    received: 0,
    unique_processed: 0,
    duplicate_dropped: 0,
    conflicts: 0,
    queue_depth: 0,
    topics: [],
    uptime: 1,
    ...overrides,
  };
}

const before = stats({ received: 100, unique_processed: 90, duplicate_dropped: 10 });
const noAnswer = { reason: 'ECONNRESET', ambiguous: true, retryAfterMs: 0 };
const queueFull = { reason: '503 queue-full', ambiguous: false, retryAfterMs: 1_000 };

/** Returns a ledger of three stored events, one of which was sent twice and is also a duplicate. */
function aLedger(): Ledger {
  const ledger = new Ledger(3);
  for (const number of [0, 1, 2]) ledger.acknowledge(number, { outcome: 'stored', seq: 91 + number });
  ledger.acknowledge(1, { outcome: 'duplicate', seq: 92 });
  return ledger;
}

const sent = { size: 4, distinct: 3 };
const after = stats({ received: 104, unique_processed: 93, duplicate_dropped: 11 });

describe('the audit of the simulator', () => {
  it('finds nothing if the totals changed by exactly the sent events', () => {
    const { checks, inconsistencies } = audit(sent, aLedger(), before, [after]);
    expect(inconsistencies).toEqual([]);
    expect(checks.map(({ name, min, max, actual }) => [name, min, max, actual])).toEqual([
      ['received', 4, 4, 4],
      ['unique_processed', 3, 3, 3],
      ['duplicate_dropped', 1, 1, 1],
      ['conflicts', 0, 0, 0],
    ]);
  });

  it.each([
    ['an event was lost', { unique_processed: 92, duplicate_dropped: 12 }, 'unique_processed changed by 2'],
    [
      'an event was stored twice',
      { unique_processed: 94, duplicate_dropped: 10 },
      'unique_processed changed by 4',
    ],
    [
      'an event was counted twice',
      { received: 105, duplicate_dropped: 12 },
      'received changed by 5, expected 4',
    ],
    ['a conflict was counted', { conflicts: 1 }, 'conflicts changed by 1, expected 0'],
    [
      'the totals do not add up',
      { received: 105 },
      'received 105 is not unique_processed 93 + duplicate_dropped 11',
    ],
  ])('finds that %s', (_, overrides, fault) => {
    const { inconsistencies } = audit(sent, aLedger(), before, [{ ...after, ...overrides }]);
    expect(inconsistencies.join('\n')).toContain(fault);
  });

  it('finds that a replica has other totals', () => {
    const other = { ...after, received: 103, duplicate_dropped: 10 };
    const { inconsistencies } = audit(sent, aLedger(), before, [after, after, other]);
    expect(inconsistencies).toEqual([
      'received is 103 on replica 3, 104 on replica 1',
      'duplicate_dropped is 10 on replica 3, 11 on replica 1',
    ]);
  });

  it('accepts that an attempt without a response was counted or not', () => {
    const ledger = aLedger();
    ledger.retry([0, 1], noAnswer);
    for (const [extra, inconsistencies] of [
      [0, 0],
      [2, 0],
      [3, 2],
    ] as const) {
      const moved = { received: 104 + extra, duplicate_dropped: 11 + extra };
      expect([extra, audit(sent, ledger, before, [{ ...after, ...moved }]).inconsistencies.length]).toEqual([
        extra,
        inconsistencies,
      ]);
    }
  });

  it('expects that the retry of an event stored without an acknowledgement is counted too', () => {
    const ledger = new Ledger(1);
    ledger.retry([0], noAnswer);
    ledger.acknowledge(0, { outcome: 'duplicate', seq: 91 });
    const once = { received: 101, unique_processed: 91, duplicate_dropped: 10 };
    const twice = { received: 102, unique_processed: 91, duplicate_dropped: 11 };
    expect(audit({ size: 1, distinct: 1 }, ledger, before, [stats(twice)]).inconsistencies).toEqual([]);
    expect(audit({ size: 1, distinct: 1 }, ledger, before, [stats(once)]).inconsistencies).not.toEqual([]);
  });

  it('finds a conflict, and more verdicts than sent events', () => {
    const ledger = aLedger();
    ledger.acknowledge(2, { outcome: 'conflict', seq: 93 });
    const { inconsistencies } = audit(sent, ledger, before, [after]);
    expect(inconsistencies).toEqual([
      '5 verdicts were received for 4 events',
      '1 verdicts are conflicts, but each event was sent with one payload',
    ]);
  });
});

describe('the ledger of the simulator', () => {
  it('finds nothing if each event was stored once', () => {
    expect(aLedger().inconsistencies()).toEqual([]);
  });

  it.each([
    [
      'two seqs',
      (ledger: Ledger) => ledger.acknowledge(0, { outcome: 'duplicate', seq: 93 }),
      /seq 91 and seq 93/,
    ],
    [
      'two verdicts "stored"',
      (ledger: Ledger) => ledger.acknowledge(0, { outcome: 'stored', seq: 91 }),
      /stored 2 times/,
    ],
  ])('finds %s for one event', (_, contradict, fault) => {
    const ledger = aLedger();
    contradict(ledger);
    expect(ledger.inconsistencies()).toEqual([expect.stringMatching(fault)]);
  });

  it('finds an event without a verdict, a duplicate without an original and a seq that is assigned twice', () => {
    const ledger = new Ledger(4);
    ledger.acknowledge(0, { outcome: 'stored', seq: 1 });
    ledger.acknowledge(1, { outcome: 'duplicate', seq: 2 });
    ledger.acknowledge(2, { outcome: 'stored', seq: 1 });
    expect(ledger.inconsistencies()).toEqual([
      'event 1 is a duplicate, but no attempt stored it',
      'event 3 was never acknowledged',
      'seq 1 was assigned to two events',
    ]);
  });

  it('accepts a duplicate whose first attempt had no response, but not one that was rejected for a full queue', () => {
    const [lost, rejected] = [new Ledger(1), new Ledger(1)];
    lost.retry([0], noAnswer);
    rejected.retry([0], queueFull);
    for (const ledger of [lost, rejected]) ledger.acknowledge(0, { outcome: 'duplicate', seq: 1 });
    expect([lost.inconsistencies().length, lost.storedWithoutAck, lost.ambiguousEvents]).toEqual([0, 1, 1]);
    expect([rejected.inconsistencies().length, rejected.storedWithoutAck, rejected.retried]).toEqual([
      1, 0, 1,
    ]);
  });

  it('reports ten inconsistencies and the number of the others', () => {
    const inconsistencies = new Ledger(25).inconsistencies();
    expect([inconsistencies.length, inconsistencies.at(-1)]).toEqual([11, 'and 15 more']);
  });
});
