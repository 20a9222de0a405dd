import type { Find } from './findings.js';
import type { Attempt } from './history.js';
import type { Readback } from './readback.js';

const COUNTED = ['received', 'unique_processed', 'duplicate_dropped', 'conflicts'] as const;

/** Counters of a topic that the responses and rows imply. */
interface Expected {
  rows: number;
  /** Events that must be counted. */
  received: number;
  /** Events that may be counted. */
  uncertain: number;
  /** Events with a conflict verdict. */
  conflicts: number;
  /** Counted or uncertain events without a verdict. */
  withoutVerdict: number;
}

/** Checks that the counters of each topic and the totals match the rows and the responses. */
export function judgeSums(history: readonly Attempt[], readback: Readback, find: Find): void {
  const { rows, stats, counters, rowCount } = readback;
  const topics = expectedByTopic(history, readback);
  for (const counter of counters) {
    const { topic, received, unique_processed, duplicate_dropped, conflicts } = counter;
    const expected = topics.get(topic) ?? nothingExpected();
    topics.delete(topic);
    const holds =
      received === unique_processed + duplicate_dropped &&
      unique_processed === expected.rows &&
      isWithin(received, expected.received, expected.uncertain) &&
      isWithin(conflicts, expected.conflicts, expected.withoutVerdict) &&
      conflicts <= duplicate_dropped;
    if (!holds) find('sums', `${JSON.stringify(counter)}, expected ${JSON.stringify(expected)}`);
  }
  for (const [topic, expected] of topics)
    if (expected.received + expected.rows > 0)
      find('sums', `${topic} is not counted, expected ${JSON.stringify(expected)}`);

  for (const name of COUNTED) {
    const sum = counters.reduce((total, counter) => total + counter[name], 0);
    if (stats[name] !== sum) find('sums', `${name} is ${stats[name]} in /stats, ${sum} in the table`);
  }
  if (rowCount !== rows.length) find('sums', `${rowCount} rows in the table, ${rows.length} on the pages`);
}

function expectedByTopic(history: readonly Attempt[], { rows }: Readback): Map<string, Expected> {
  const topics = new Map<string, Expected>();
  const expectedOf = (topic: string) => {
    const expected = topics.get(topic) ?? nothingExpected();
    topics.set(topic, expected);
    return expected;
  };
  for (const { events, result } of history) {
    if (result.kind === 'rejected') continue;
    for (const [index, { topic }] of events.entries()) {
      const expected = expectedOf(topic);
      const isCounted = result.kind === 'verdicts' || (result.kind === 'queued' && result.due);
      if (isCounted) expected.received++;
      else expected.uncertain++;
      if (result.kind !== 'verdicts') expected.withoutVerdict++;
      else if (result.verdicts[index]!.outcome === 'conflict') expected.conflicts++;
    }
  }
  for (const { topic } of rows) expectedOf(topic).rows++;
  return topics;
}

function nothingExpected(): Expected {
  return { rows: 0, received: 0, uncertain: 0, conflicts: 0, withoutVerdict: 0 };
}

function isWithin(actual: number, least: number, more: number): boolean {
  return actual >= least && actual <= least + more;
}
