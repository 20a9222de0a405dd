import type { Find } from './findings.js';
import type { Attempt } from './history.js';
import type { Readback } from './readback.js';

const COUNTED = ['received', 'unique_processed', 'duplicate_dropped', 'conflicts'] as const;

/** What the answers say of a topic's counters. */
interface Told {
  rows: number;
  /** Events that must have been counted. */
  received: number;
  /** Events that may have been counted. */
  open: number;
  /** Events that were told a conflict. */
  conflicts: number;
  /** Counted or open ones whose publisher was told no verdict. */
  untold: number;
}

/** The counters add up, by topic and in all, and are those of the rows and of the answers. */
export function judgeSums(history: readonly Attempt[], readback: Readback, find: Find): void {
  const { rows, stats, counters, rowsInFile } = readback;
  const topics = toldByTopic(history, readback);
  for (const counter of counters) {
    const { topic, received, unique_processed, duplicate_dropped, conflicts } = counter;
    const told = topics.get(topic) ?? nothingTold();
    topics.delete(topic);
    const holds =
      received === unique_processed + duplicate_dropped &&
      unique_processed === told.rows &&
      isWithin(received, told.received, told.open) &&
      isWithin(conflicts, told.conflicts, told.untold) &&
      conflicts <= duplicate_dropped;
    if (!holds) find('sums', `${JSON.stringify(counter)}, told ${JSON.stringify(told)}`);
  }
  for (const [topic, told] of topics)
    if (told.received + told.rows > 0) find('sums', `${topic} is not counted, told ${JSON.stringify(told)}`);

  for (const name of COUNTED) {
    const sum = counters.reduce((total, counter) => total + counter[name], 0);
    if (stats[name] !== sum) find('sums', `${name} is ${stats[name]} in /stats, ${sum} in the file`);
  }
  if (rowsInFile !== rows.length) find('sums', `${rowsInFile} rows in the file, ${rows.length} on the pages`);
}

function toldByTopic(history: readonly Attempt[], { rows }: Readback): Map<string, Told> {
  const topics = new Map<string, Told>();
  const of = (topic: string) => {
    const told = topics.get(topic) ?? nothingTold();
    topics.set(topic, told);
    return told;
  };
  for (const { events, answer } of history) {
    if (answer.kind === 'refused') continue;
    for (const [index, { topic }] of events.entries()) {
      const told = of(topic);
      const isCounted = answer.kind === 'verdicts' || (answer.kind === 'queued' && answer.due);
      if (isCounted) told.received++;
      else told.open++;
      if (answer.kind !== 'verdicts') told.untold++;
      else if (answer.verdicts[index]!.outcome === 'conflict') told.conflicts++;
    }
  }
  for (const { topic } of rows) of(topic).rows++;
  return topics;
}

function nothingTold(): Told {
  return { rows: 0, received: 0, open: 0, conflicts: 0, untold: 0 };
}

function isWithin(actual: number, least: number, more: number): boolean {
  return actual >= least && actual <= least + more;
}
