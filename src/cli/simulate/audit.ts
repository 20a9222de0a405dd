import type { StatsResponse } from '../../stats/stats.dto.js';
import type { Ledger } from './ledger.js';

/** One sum: what it may be, both ends included, and what it is. */
export interface Check {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly actual: number;
}

export interface Audit {
  /** How far each of the service's statistics moved. */
  readonly checks: readonly Check[];
  /** Everything that does not add up; empty if all does. */
  readonly faults: readonly string[];
}

/**
 * Holds the service's statistics against what was sent and what it answered.
 *
 * An event is stored once, however often it is sent, so `unique_processed` is exact in any case. `received` is
 * exact as long as each attempt is known to have been taken or not. An attempt that broke off unanswered leaves
 * that open: it adds at most its events, and at least those that nobody was told were stored, for they can
 * only have been stored by such an attempt.
 */
export function audit(
  { size, distinct }: { readonly size: number; readonly distinct: number },
  ledger: Ledger,
  before: StatsResponse,
  after: StatsResponse,
): Audit {
  const least = size + ledger.storedUnheard;
  const most = size + ledger.ambiguousEvents;
  const moved = (name: 'received' | 'unique_processed' | 'duplicate_dropped' | 'conflicts') =>
    after[name] - before[name];
  const checks: Check[] = [
    { name: 'received', least, most, actual: moved('received') },
    { name: 'unique_processed', least: distinct, most: distinct, actual: moved('unique_processed') },
    {
      name: 'duplicate_dropped',
      least: least - distinct,
      most: most - distinct,
      actual: moved('duplicate_dropped'),
    },
    { name: 'conflicts', least: 0, most: 0, actual: moved('conflicts') },
  ];

  const faults = ledger.faults();
  for (const check of checks) {
    if (!holds(check)) faults.push(`${check.name} moved by ${check.actual}, expected ${expected(check)}`);
  }
  if (after.received !== after.unique_processed + after.duplicate_dropped)
    faults.push(
      `received ${after.received} is not unique_processed ${after.unique_processed} + duplicate_dropped ${after.duplicate_dropped}`,
    );
  if (ledger.acknowledged !== size) faults.push(`${ledger.acknowledged} verdicts on ${size} events`);
  const { conflict } = ledger.outcomes;
  if (conflict > 0)
    faults.push(`${conflict} verdicts of conflict, though each event was sent with one payload`);
  return { checks, faults };
}

export function holds({ least, most, actual }: Check): boolean {
  return actual >= least && actual <= most;
}

/** What is expected, in words. */
export function expected({ least, most }: Check): string {
  return least === most ? String(least) : `${least} to ${most}`;
}
