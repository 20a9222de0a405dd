import type { Logger } from '@nestjs/common';
import { countOutcomes } from '../event/verdict.js';
import type { Commit } from '../store/store.js';

const INTERVAL_MS = 10_000;

const NOTHING = { commits: 0, submissions: 0, events: 0, stored: 0, duplicates: 0, conflicts: 0 };

/** Logs the sums over all commits every 10 s, if there were any. A line for each commit would be thousands per second. */
export class CommitSummary {
  private sums = { ...NOTHING };
  private totalMs = 0;
  private maxMs = 0;
  private lastSeq = 0;
  private readonly timer = setInterval(() => this.flush(), INTERVAL_MS).unref();

  constructor(private readonly logger: Logger) {}

  add(submissions: number, { verdicts, lastSeq }: Commit, ms: number): void {
    const { sums } = this;
    sums.commits++;
    sums.submissions += submissions;
    sums.events += verdicts.length;
    countOutcomes(verdicts, sums);
    this.lastSeq = lastSeq;
    this.totalMs += ms;
    this.maxMs = Math.max(this.maxMs, ms);
  }

  /** Logs what has not been logged yet, and stops. */
  close(): void {
    clearInterval(this.timer);
    this.flush();
  }

  private flush(): void {
    const { sums, lastSeq, totalMs, maxMs } = this;
    if (sums.commits === 0) return;
    const ms_mean = tenths(totalMs / sums.commits);
    this.logger.log({ msg: 'events committed', ...sums, last_seq: lastSeq, ms_mean, ms_max: tenths(maxMs) });
    this.sums = { ...NOTHING };
    this.totalMs = 0;
    this.maxMs = 0;
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
