/** Violations that the judge reports, by kind. */
export const FINDINGS = {
  lost: 'an acknowledged event is not returned by GET /events',
  doubled: 'two rows have the same key',
  'stored twice': 'two verdicts on one key are "stored"',
  divergent: 'a row, its verdicts and the sent event are inconsistent',
  phantom: 'a row was never sent',
  disorder: 'seq has a gap, or seq or processed_at decreases along the pages',
  'other seq': 'the seq of a verdict is not the seq of the row',
  sums: 'the counters do not match the rows and the responses',
  'not rejected': 'a rejected request stored an event',
  unexpected: 'a response is invalid or missing',
  corrupt: 'PRAGMA integrity_check reports an error',
  'reader misled': 'a subscriber or a reader with a cursor missed or repeated an event',
  'replicas differ': 'a replica returns other rows or totals',
} as const;

export interface Finding {
  readonly kind: keyof typeof FINDINGS;
  readonly detail: string;
}

export type Find = (kind: Finding['kind'], detail: string) => void;

/** Returns the number of findings of each kind and the detail of the first. */
export function summary(findings: readonly Finding[]): string {
  const byKind = new Map<Finding['kind'], Finding[]>();
  for (const finding of findings) byKind.set(finding.kind, [...(byKind.get(finding.kind) ?? []), finding]);
  return [...byKind]
    .map(([kind, some]) => `${some.length} × ${kind} (${FINDINGS[kind]}), first: ${some[0]!.detail}`)
    .join('\n');
}
