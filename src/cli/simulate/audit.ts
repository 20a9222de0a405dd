import type { StatsResponse } from '../../stats/stats.dto.js';
import type { Ledger } from './ledger.js';

/** A statistic: the range it may be in, both ends included, and its actual value. */
export interface Check {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly actual: number;
}

export interface Audit {
  /** The change of each of the service's statistics. */
  readonly checks: readonly Check[];
  /** Every inconsistency; empty if the totals are consistent. */
  readonly faults: readonly string[];
}

/**
 * Compares the service's statistics with the events sent and the responses received.
 *
 * An event is stored once, however often it is sent, so `unique_processed` is always exact. `received` is exact
 * while every attempt has a response. An attempt without one adds at most its events. It adds at least the events
 * stored without an acknowledgement, because only such an attempt can have stored them.
 */
export function audit(
  { size, distinct }: { readonly size: number; readonly distinct: number },
  ledger: Ledger,
  before: StatsResponse,
  after: StatsResponse,
): Audit {
  const least = size + ledger.storedWithoutAck;
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
    if (!holds(check)) faults.push(`${check.name} changed by ${check.actual}, expected ${expected(check)}`);
  }
  if (after.received !== after.unique_processed + after.duplicate_dropped)
    faults.push(
      `received ${after.received} is not unique_processed ${after.unique_processed} + duplicate_dropped ${after.duplicate_dropped}`,
    );
  if (ledger.acknowledged !== size) faults.push(`${ledger.acknowledged} verdicts for ${size} events`);
  const { conflict } = ledger.outcomes;
  if (conflict > 0)
    faults.push(`${conflict} verdicts are conflicts, but each event was sent with one payload`);
  return { checks, faults };
}

export function holds({ least, most, actual }: Check): boolean {
  return actual >= least && actual <= most;
}

/** Formats the expected range. */
export function expected({ least, most }: Check): string {
  return least === most ? String(least) : `${least} to ${most}`;
}
