import type { FailedAttempt } from './failure.js';
import type { Outcome, Verdict } from '../../event/verdict.js';

const MAX_FAULTS_TOLD = 10;

/** What the service said about each event, and where it contradicted itself. */
export class Ledger {
  readonly outcomes: Record<Outcome, number> = { stored: 0, duplicate: 0, conflict: 0 };
  /** Attempts that were made again, by reason. */
  readonly retries = new Map<string, number>();
  /** Attempts without a clear answer: their events may have been stored and counted, or not. */
  ambiguousAttempts = 0;
  ambiguousEvents = 0;
  /** By key; 0 until the first verdict, as the service counts from 1. */
  private readonly seqs: Float64Array;
  private readonly stored: Uint8Array;
  private readonly ambiguous: Uint8Array;
  private readonly contradictions: string[] = [];

  /** For events with the keys 0 to `distinct` - 1. */
  constructor(private readonly distinct: number) {
    this.seqs = new Float64Array(distinct);
    this.stored = new Uint8Array(distinct);
    this.ambiguous = new Uint8Array(distinct);
  }

  get acknowledged(): number {
    const { stored, duplicate, conflict } = this.outcomes;
    return stored + duplicate + conflict;
  }

  get retried(): number {
    return [...this.retries.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Events that nobody was told were stored, though they are: the answer that said so was lost. */
  get storedUnheard(): number {
    return this.seqs.reduce(
      (sum, seq, key) => (seq > 0 && this.stored[key] === 0 && this.ambiguous[key] === 1 ? sum + 1 : sum),
      0,
    );
  }

  acknowledge(key: number, { outcome, seq }: Verdict): void {
    this.outcomes[outcome]++;
    if (outcome === 'stored') this.stored[key]!++;
    const known = this.seqs[key]!;
    if (known === 0) this.seqs[key] = seq;
    else if (known !== seq) this.contradictions.push(`event ${key} got seq ${known} and seq ${seq}`);
  }

  retry(keys: readonly number[], { reason, ambiguous }: FailedAttempt): void {
    this.retries.set(reason, (this.retries.get(reason) ?? 0) + 1);
    if (!ambiguous) return;
    this.ambiguousAttempts++;
    this.ambiguousEvents += keys.length;
    for (const key of keys) this.ambiguous[key] = 1;
  }

  /**
   * What is wrong with the verdicts once all are in. Of each event there is one, `stored` exactly once, or
   * never where the answer that said so may have been lost; its seq is always the same and no other event's.
   */
  faults(): string[] {
    const faults = [...this.contradictions];
    for (let key = 0; key < this.distinct; key++) {
      if (this.seqs[key] === 0) faults.push(`event ${key} was never acknowledged`);
      else if (this.stored[key]! > 1) faults.push(`event ${key} was stored ${this.stored[key]} times`);
      else if (this.stored[key] === 0 && this.ambiguous[key] === 0)
        faults.push(`event ${key} is a duplicate of nothing that was sent`);
    }
    const seqs = this.seqs.toSorted();
    for (let index = 1; index < seqs.length; index++) {
      if (seqs[index] !== 0 && seqs[index] === seqs[index - 1])
        faults.push(`seq ${seqs[index]} was given to two events`);
    }
    const more = faults.length - MAX_FAULTS_TOLD;
    return more > 0 ? [...faults.slice(0, MAX_FAULTS_TOLD), `and ${more} more of the kind`] : faults;
  }
}
