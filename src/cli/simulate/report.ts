import { type Audit, expected, isConsistent } from './audit.js';
import type { Ledger } from './ledger.js';
import type { Timing } from './run.js';
import type { Workload } from './workload.js';

type Row = readonly [name: string, ...values: (string | number)[]];

/** Formats the result of a run as plain-text tables. */
export function report(
  workload: Workload,
  ledger: Ledger,
  timing: Timing,
  { checks, inconsistencies }: Audit,
): string {
  const { stored, duplicate, conflict } = ledger.outcomes;
  const { seconds, latenciesMs } = timing;
  const run: Row[] = [
    ['seed', workload.seed],
    ['requests', latenciesMs.length],
    ['events sent', workload.size],
    ['distinct events', workload.distinct],
    ['stored', stored],
    ['duplicates', duplicate],
    ['conflicts', conflict],
    ['retries', ledger.retried],
    ...[...ledger.retries].map(([reason, count]): Row => [`  ${reason}`, count]),
    ['seconds', seconds.toFixed(2)],
    ['events/s', Math.round(workload.size / seconds)],
    ['latency p50 ms', percentile(latenciesMs, 0.5)],
    ['latency p95 ms', percentile(latenciesMs, 0.95)],
    ['latency p99 ms', percentile(latenciesMs, 0.99)],
  ];
  const statistics: Row[] = [
    ['GET /stats changed by', 'expected', 'actual', ''],
    ...checks.map((check): Row => [
      check.name,
      expected(check),
      check.actual,
      isConsistent(check) ? 'ok' : 'inconsistent',
    ]),
  ];
  const parts = [table(run), table(statistics)];
  if (ledger.ambiguousAttempts > 0) parts.push(ambiguity(ledger));
  parts.push(`The totals and verdicts are ${inconsistencies.length === 0 ? 'consistent' : 'inconsistent'}.`);
  return parts.join('\n\n');
}

function ambiguity({ ambiguousAttempts, ambiguousEvents, storedWithoutAck }: Ledger): string {
  return [
    `Attempts without a definite response: ${ambiguousAttempts}, with ${ambiguousEvents} events. All were retried.`,
    storedWithoutAck === 0
      ? 'The service may have received these events more than once.'
      : `Events stored by such an attempt, and therefore received more than once: at least ${storedWithoutAck}.`,
  ].join('\n');
}

/** Returns the nearest-rank percentile. */
function percentile(ascending: Float64Array, fraction: number): string {
  return ascending[Math.ceil(ascending.length * fraction) - 1]!.toFixed(1);
}

/** Aligns names left and values right. Each column is as wide as its widest cell. */
function table(rows: readonly Row[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? String(cell).padEnd(widths[0]!) : String(cell).padStart(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
