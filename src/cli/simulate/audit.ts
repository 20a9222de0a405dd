import type { StatsResponse } from '../../stats/stats.dto.js';
import type { Ledger } from './ledger.js';

type Counter = 'received' | 'unique_processed' | 'duplicate_dropped' | 'conflicts';

/** The change of a statistic, with its expected range (inclusive). */
export interface Check {
  readonly name: Counter;
  readonly min: number;
  readonly max: number;
  readonly actual: number;
}

export interface Audit {
  /** The change of each of the service's statistics. */
  readonly checks: readonly Check[];
  /** Every inconsistency of the totals or the verdicts. Empty if there is none. */
  readonly inconsistencies: readonly string[];
}

/**
 * Compares the service's statistics and verdicts with the events sent. All replicas must have the same statistics.
 *
 * An event is stored once, regardless of how often it is sent, so `unique_processed` is always exact. `received` is
 * exact if every attempt has a definite response. The other attempts add at most all of their events. They add at least
 * the events that were stored without an acknowledgement, because no other attempt can have stored them.
 */
export function audit(
  { size, distinct }: { readonly size: number; readonly distinct: number },
  ledger: Ledger,
  before: StatsResponse,
  replicas: readonly StatsResponse[],
): Audit {
  const after = replicas[0]!;
  const min = size + ledger.storedWithoutAck;
  const max = size + ledger.ambiguousEvents;
  const change = (name: Counter) => after[name] - before[name];
  const checks: Check[] = [
    { name: 'received', min, max, actual: change('received') },
    { name: 'unique_processed', min: distinct, max: distinct, actual: change('unique_processed') },
    {
      name: 'duplicate_dropped',
      min: min - distinct,
      max: max - distinct,
      actual: change('duplicate_dropped'),
    },
    { name: 'conflicts', min: 0, max: 0, actual: change('conflicts') },
  ];

  const inconsistencies = ledger.inconsistencies();
  for (const check of checks) {
    if (!isConsistent(check))
      inconsistencies.push(`${check.name} changed by ${check.actual}, expected ${expected(check)}`);
  }
  if (after.received !== after.unique_processed + after.duplicate_dropped)
    inconsistencies.push(
      `received ${after.received} is not unique_processed ${after.unique_processed} + duplicate_dropped ${after.duplicate_dropped}`,
    );
  for (const [index, other] of replicas.entries()) {
    for (const { name } of checks) {
      if (other[name] !== after[name])
        inconsistencies.push(
          `${name} is ${other[name]} on replica ${index + 1}, ${after[name]} on replica 1`,
        );
    }
  }
  if (ledger.acknowledged !== size)
    inconsistencies.push(`${ledger.acknowledged} verdicts were received for ${size} events`);
  const { conflict } = ledger.outcomes;
  if (conflict > 0)
    inconsistencies.push(`${conflict} verdicts are conflicts, but each event was sent with one payload`);
  return { checks, inconsistencies };
}

export function isConsistent({ min, max, actual }: Check): boolean {
  return actual >= min && actual <= max;
}

/** Formats the expected range. */
export function expected({ min, max }: Check): string {
  return min === max ? String(min) : `${min} to ${max}`;
}
