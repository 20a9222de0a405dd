import type { PublishedLines } from '../../ingest/ndjson.dto.js';

const MAX_PROBLEMS = 20;

/** Sums of the verdicts of an import, and its position. */
export class ImportTotals {
  private readonly counts = { stored: 0, duplicates: 0, conflicts: 0, rejected: 0 };
  /** The first problems, each with the number of its line. */
  readonly problems: string[] = [];

  constructor(
    /** The last line that is done. */
    public line: number,
  ) {}

  get hasFailures(): boolean {
    return this.counts.conflicts > 0 || this.counts.rejected > 0;
  }

  add({ stored, duplicates, conflicts }: Pick<PublishedLines, 'stored' | 'duplicates' | 'conflicts'>): void {
    this.counts.stored += stored;
    this.counts.duplicates += duplicates;
    this.counts.conflicts += conflicts;
  }

  /** Counts a line that is not an event. */
  reject(line: number, problem: string): void {
    this.counts.rejected++;
    this.explain(line, problem);
  }

  /** Counts lines whose problems are not known. */
  rejectMore(count: number): void {
    this.counts.rejected += count;
  }

  toString(): string {
    return Object.entries(this.counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  }

  private explain(line: number, problem: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(`Line ${line}: ${problem}`);
  }
}
