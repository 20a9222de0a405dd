import type { StoredEvent } from '../event/event.js';
import type { TopicCounters } from './store.js';

/** Maximum number of findings of one kind. More are only counted. */
const MAX_PER_KIND = 10;

/** The members of a stored event that the check reads. */
export type LogRow = Pick<StoredEvent, 'seq' | 'topic' | 'processed_at'>;

/** Counters of one topic, with the first seq if the store records it. */
export interface CheckedCounters extends TopicCounters {
  readonly first_seq?: number;
}

interface TopicRows {
  rows: number;
  readonly firstSeq: number;
}

/**
 * Compares the events of a store with its counters, independent of the database: seqs without gaps, times that never
 * decrease, and counters that equal the rows. Memory grows with the number of topics only.
 */
export class LogCheck {
  private readonly topics = new Map<string, TopicRows>();
  private readonly kinds = new Map<string, { readonly shown: string[]; total: number }>();
  private rows = 0;
  private last = { seq: 0, processed_at: '' };

  /** Number of events so far. */
  get events(): number {
    return this.rows;
  }

  get lastSeq(): number {
    return this.last.seq;
  }

  get topicCount(): number {
    return this.topics.size;
  }

  /** Returns a sentence for each problem found so far. */
  get findings(): string[] {
    return [...this.kinds].flatMap(([kind, { shown, total }]) =>
      total > shown.length ? [...shown, `${total - shown.length} more findings: ${kind}`] : shown,
    );
  }

  /** Adds a problem. `kind` names what its problems have in common. */
  report(kind: string, finding: string): void {
    const entry = this.kinds.get(kind) ?? { shown: [], total: 0 };
    this.kinds.set(kind, entry);
    entry.total++;
    if (entry.shown.length < MAX_PER_KIND) entry.shown.push(finding);
  }

  /** Checks the next event, in ascending order of seq. */
  add({ seq, topic, processed_at }: LogRow): void {
    const { last } = this;
    if (seq <= last.seq) this.report('seqs', `seq ${seq} is not above ${last.seq}`);
    else if (seq === last.seq + 2) this.report('gaps', `seq ${seq - 1} is missing`);
    else if (seq > last.seq + 1) this.report('gaps', `seq ${last.seq + 1} to ${seq - 1} are missing`);
    if (processed_at < last.processed_at)
      this.report('times', `processed_at of seq ${seq} is before that of the preceding event`);
    this.last = { seq, processed_at };
    this.rows++;
    const counted = this.topics.get(topic);
    if (counted) counted.rows++;
    else this.topics.set(topic, { rows: 1, firstSeq: seq });
  }

  /** Checks the counters of every topic, after all events. */
  addCounters(counters: readonly CheckedCounters[]): void {
    for (const { topic, received, unique_processed, duplicate_dropped, conflicts, first_seq } of counters) {
      const found = this.topics.get(topic);
      const report = (problem: string) =>
        this.report('counters', `topic ${JSON.stringify(topic)}: ${problem}`);
      this.compare(report, 'unique_processed', unique_processed, found?.rows ?? 0, 'its rows');
      this.compare(
        report,
        'received',
        received,
        unique_processed + duplicate_dropped,
        'unique_processed + duplicate_dropped',
      );
      if (duplicate_dropped < 0 || conflicts < 0 || conflicts > duplicate_dropped)
        report(`conflicts is ${conflicts} and duplicate_dropped is ${duplicate_dropped}`);
      if (found && first_seq !== undefined)
        this.compare(report, 'first_seq', first_seq, found.firstSeq, 'the seq of its first row');
    }
    const known = new Set(counters.map(({ topic }) => topic));
    for (const [topic, { rows }] of this.topics)
      if (!known.has(topic))
        this.report('counters', `topic ${JSON.stringify(topic)}: has ${rows} rows and no counters`);
  }

  /** Compares a stored total with what it must be. */
  addTotal(name: string, value: number, expected: number, meaning: string): void {
    this.compare((problem) => this.report('totals', problem), name, value, expected, meaning);
  }

  private compare(
    report: (problem: string) => void,
    name: string,
    value: number,
    expected: number,
    meaning: string,
  ): void {
    if (value !== expected) report(`${name} is ${value}, but ${meaning} is ${expected}`);
  }
}
