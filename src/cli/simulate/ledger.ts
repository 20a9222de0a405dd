import type { Outcome, Verdict } from '../../event/verdict.js';
import type { FailedAttempt } from './failure.js';

const MAX_REPORTED_INCONSISTENCIES = 10;

/** Records the verdicts on each event and the contradictions between them. */
export class Ledger {
  readonly outcomes: Record<Outcome, number> = { stored: 0, duplicate: 0, conflict: 0 };
  /** Number of retries by reason. */
  readonly retries = new Map<string, number>();
  /** Number of attempts without a definite response. Their events may or may not have been stored and counted. */
  ambiguousAttempts = 0;
  /** Number of events in these attempts. */
  ambiguousEvents = 0;
  /** The seq of each event, by event number. 0 until the first verdict, because seq starts at 1. */
  private readonly seqs: Float64Array;
  private readonly stored: Uint8Array;
  private readonly ambiguous: Uint8Array;
  private readonly contradictions: string[] = [];

  /** Covers the events numbered 0 to `distinct` - 1. */
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

  /** Number of stored events whose verdict `stored` was in a response that was lost. */
  get storedWithoutAck(): number {
    return this.seqs.reduce(
      (sum, seq, number) =>
        seq > 0 && this.stored[number] === 0 && this.ambiguous[number] === 1 ? sum + 1 : sum,
      0,
    );
  }

  acknowledge(number: number, { outcome, seq }: Verdict): void {
    this.outcomes[outcome]++;
    if (outcome === 'stored') this.stored[number]!++;
    const known = this.seqs[number]!;
    if (known === 0) this.seqs[number] = seq;
    else if (known !== seq) this.contradictions.push(`event ${number} got seq ${known} and seq ${seq}`);
  }

  retry(numbers: readonly number[], { reason, ambiguous }: FailedAttempt): void {
    this.retries.set(reason, (this.retries.get(reason) ?? 0) + 1);
    if (!ambiguous) return;
    this.ambiguousAttempts++;
    this.ambiguousEvents += numbers.length;
    for (const number of numbers) this.ambiguous[number] = 1;
  }

  /**
   * Returns the inconsistencies in a complete set of verdicts. Each event must be `stored` exactly once, or never if
   * that response may have been lost. Its seq must be constant and unique.
   */
  inconsistencies(): string[] {
    const inconsistencies = [...this.contradictions];
    for (let number = 0; number < this.distinct; number++) {
      if (this.seqs[number] === 0) inconsistencies.push(`event ${number} was never acknowledged`);
      else if (this.stored[number]! > 1)
        inconsistencies.push(`event ${number} was stored ${this.stored[number]} times`);
      else if (this.stored[number] === 0 && this.ambiguous[number] === 0)
        inconsistencies.push(`event ${number} is a duplicate, but no attempt stored it`);
    }
    const seqs = this.seqs.toSorted();
    for (let index = 1; index < seqs.length; index++) {
      if (seqs[index] !== 0 && seqs[index] === seqs[index - 1])
        inconsistencies.push(`seq ${seqs[index]} was assigned to two events`);
    }
    const more = inconsistencies.length - MAX_REPORTED_INCONSISTENCIES;
    return more > 0
      ? [...inconsistencies.slice(0, MAX_REPORTED_INCONSISTENCIES), `and ${more} more`]
      : inconsistencies;
  }
}
