import { type Audit, expected, holds } from './audit.js';
import type { Ledger } from './ledger.js';
import type { Timing } from './run.js';
import type { Workload } from './workload.js';

type Row = readonly [name: string, ...values: (string | number)[]];

/** The outcome of a run as a table of plain text. */
export function report(
  workload: Workload,
  ledger: Ledger,
  timing: Timing,
  { checks, faults }: Audit,
): string {
  const { stored, duplicate, conflict } = ledger.outcomes;
  const { seconds, latenciesMs } = timing;
  const run: Row[] = [
    ['seed', workload.seed],
    ['requests', latenciesMs.length],
    ['events sent', workload.size],
    ['different events', workload.distinct],
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
    ['GET /stats moved by', 'expected', 'actual', ''],
    ...checks.map((check): Row => [check.name, expected(check), check.actual, holds(check) ? 'ok' : 'WRONG']),
  ];
  const parts = [table(run), table(statistics)];
  if (ledger.ambiguousAttempts > 0) parts.push(ambiguity(ledger));
  parts.push(faults.length === 0 ? 'Everything adds up.' : 'It does not add up.');
  return parts.join('\n\n');
}

function ambiguity({ ambiguousAttempts, ambiguousEvents, storedUnheard }: Ledger): string {
  return [
    `${ambiguousAttempts} attempts with ${ambiguousEvents} events ended without a clear answer and were made again. What the`,
    `service had taken of them it received twice: at least ${storedUnheard}, which no answer told as stored.`,
  ].join('\n');
}

/** Nearest rank. */
function percentile(ascending: Float64Array, fraction: number): string {
  return ascending[Math.ceil(ascending.length * fraction) - 1]!.toFixed(1);
}

/** Names to the left, values to the right, each column as wide as its widest. */
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
