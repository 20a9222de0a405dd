import type { Pool } from 'pg';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Submission } from '../../event/submission.js';
import type { Verdict } from '../../event/verdict.js';
import type { Commit } from '../store.js';
import { type Dropped, type OrderedBatch, orderByKey, toUnits, toVerdicts, type Unit } from './batch.js';
import { CommitWarningError, isLost } from './postgres-errors.js';
import { toTextArray } from './text-array.js';

const COMMIT = 'SELECT * FROM commit_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)';

// The lock of a commit, taken and durably recorded. Changes no row.
const PROBE = 'SELECT 1 FROM log_head FOR UPDATE';

// A key whose seq is in the receipt was stored by this unit. The receipt was committed with the events.
const REPLAY = `
  SELECT x.seq, x.seq BETWEEN r.first_seq AND r.last_seq AS is_own, NOT same_json(x.payload, e.payload) AS conflict
  FROM receipts r, unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS e (topic, event_id, payload, n),
    LATERAL (
      SELECT x.seq, x.payload FROM processed_events x
      WHERE x.topic = e.topic AND x.event_id = e.event_id LIMIT 1
    ) x
  WHERE r.source = $1 AND r.number = $2
  ORDER BY e.n`;

// Units are repeated within seconds. Submissions acknowledged with 202 may be repeated after an outage, so the receipts
// are compared with the last commit, not with the clock. Replicas delete at the same time, so each skips the rows that
// another one has locked. A broker may redeliver a submission after days. The receipts since $1 are kept for that.
const DELETE_OLD_RECEIPTS = `
  DELETE FROM receipts WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM receipts
    WHERE committed_at < least($1::timestamptz, (SELECT nullif(last_processed_at, '')::timestamptz FROM log_head))
      - interval '10 minutes'
    LIMIT 200000 FOR UPDATE SKIP LOCKED))`;
const DELETE_INTERVAL_MS = 10_000;

/** Maximum number of calls for a commit whose result is lost. */
const MAX_ATTEMPTS = 3;
const BACKOFF_MS = 50;

/** SQLSTATE of a warning without a more specific code. */
const WARNING = '01000';

interface CommitResult extends Dropped {
  /** Positions of the units that were committed before, from 1; null if there are none. */
  readonly replayed: readonly number[] | null;
  readonly stored: number;
  readonly last_seq: number;
  readonly processed_at: string;
}

interface ReplayedEvent {
  readonly seq: number;
  readonly is_own: boolean;
  readonly conflict: boolean;
}

/** Commits batches one after the other, in the order of the calls. Throws the errors of the driver. */
export class Writer {
  private readonly source = randomUUID();
  private lastNumber = 0;
  private lastCommit: Promise<unknown> = Promise.resolve();
  private warning: string | undefined;
  private keptSince: Date | undefined;
  private readonly deleting: NodeJS.Timeout;

  constructor(private readonly pool: Pool) {
    pool.on('connect', (client) => {
      client.on('notice', ({ code, message }) => {
        if (code === WARNING) this.warning = message;
      });
    });
    this.deleting = setInterval(() => void this.deleteOldReceipts(), DELETE_INTERVAL_MS).unref();
  }

  commit(batch: readonly Submission[]): Promise<Commit> {
    const units = toUnits(batch, () => ({ source: this.source, number: ++this.lastNumber }));
    const commit = this.lastCommit.then(() => this.commitUntilKnown(units));
    this.lastCommit = commit.catch(() => {});
    return commit;
  }

  /** Keeps the receipts of commits at this time or later, and those of 10 minutes before: clocks may differ. */
  keepReceiptsSince(time: Date): void {
    this.keptSince = time;
  }

  async probe(): Promise<void> {
    await this.pool.query(PROBE);
  }

  async close(): Promise<void> {
    clearInterval(this.deleting);
    await this.lastCommit;
    await this.pool.end();
  }

  /**
   * Repeats a commit whose result was lost. The receipts of a call that was committed show its result, also if it still
   * waits for the lock now.
   */
  private async commitUntilKnown(units: readonly Unit[]): Promise<Commit> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.commitUnits(units);
      } catch (error) {
        const isKnown = attempt === 1 && !isLost(error);
        if (isKnown || attempt === MAX_ATTEMPTS) throw error;
        await sleep(BACKOFF_MS * attempt);
      }
    }
  }

  private async commitUnits(units: readonly Unit[]): Promise<Commit> {
    const batch = orderByKey(units);
    const result = await this.call(units, batch);
    const { replayed, stored, last_seq: lastSeq, processed_at: processedAt } = result;
    if (!replayed)
      return { verdicts: toVerdicts(batch, result, stored, lastSeq), stored, lastSeq, processedAt };
    const isReplayed = new Set(replayed.map((position) => units[position - 1]!));
    const commit = await this.commitUnits(units.filter((unit) => !isReplayed.has(unit)));
    const verdicts: Verdict[] = [];
    let next = 0;
    for (const unit of units) {
      const own = isReplayed.has(unit)
        ? await this.replay(unit)
        : commit.verdicts.slice(next, (next += unit.events.length));
      for (const verdict of own) verdicts.push(verdict);
    }
    return { ...commit, verdicts };
  }

  private async call(units: readonly Unit[], { events, firsts, ends }: OrderedBatch): Promise<CommitResult> {
    this.warning = undefined;
    const { rows } = await this.pool.query<CommitResult>({
      name: 'commit_events',
      text: COMMIT,
      values: [
        units.map(({ id }) => id.source),
        units.map(({ id }) => id.number),
        [0, ...ends.slice(0, -1)].slice(0, units.length),
        ends,
        firsts,
        toTextArray(events.map(({ topic }) => topic)),
        toTextArray(events.map(({ event_id }) => event_id)),
        toTextArray(events.map(({ timestamp }) => timestamp)),
        toTextArray(events.map(({ source }) => source)),
        toTextArray(events.map(({ payload }) => payload)),
      ],
    });
    if (this.warning !== undefined) throw new CommitWarningError(this.warning);
    return rows[0]!;
  }

  /** Returns the verdicts of a unit that was committed before. */
  private async replay({ id, events }: Unit): Promise<Verdict[]> {
    const { rows } = await this.pool.query<ReplayedEvent>(REPLAY, [
      id.source,
      id.number,
      toTextArray(events.map(({ topic }) => topic)),
      toTextArray(events.map(({ event_id }) => event_id)),
      toTextArray(events.map(({ payload }) => payload)),
    ]);
    const seen = new Set<number>();
    return rows.map(({ seq, is_own, conflict }) => {
      const isFirst = is_own && !seen.has(seq);
      seen.add(seq);
      return { outcome: isFirst ? 'stored' : conflict ? 'conflict' : 'duplicate', seq };
    });
  }

  /** Ignores errors: the next call tries again. */
  private async deleteOldReceipts(): Promise<void> {
    await this.pool.query(DELETE_OLD_RECEIPTS, [this.keptSince]).catch(() => {});
  }
}
