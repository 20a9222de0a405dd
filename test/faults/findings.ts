/** What can be wrong with a service that took at-least-once traffic. */
export const FINDINGS = {
  lost: 'acknowledged, and not readable',
  doubled: 'two rows with one key',
  'stored twice': 'two publishers were told "stored" for one key',
  divergent: 'the row, the verdicts and what was sent do not agree',
  phantom: 'a row that nobody sent',
  disorder: 'seq or processed_at does not rise along the pages, or seq has a hole',
  'other seq': 'told one seq and stored under another',
  sums: 'the counters are not those of the rows and answers',
  'not refused': 'stored by a request that was refused',
  unexpected: 'an answer that no publisher should get',
  corrupt: "SQLite's own check of the file fails",
} as const;

export interface Finding {
  readonly kind: keyof typeof FINDINGS;
  readonly detail: string;
}

export type Find = (kind: Finding['kind'], detail: string) => void;

/** How many of each kind, and the first of each in words. */
export function summary(findings: readonly Finding[]): string {
  const byKind = new Map<Finding['kind'], Finding[]>();
  for (const finding of findings) byKind.set(finding.kind, [...(byKind.get(finding.kind) ?? []), finding]);
  return [...byKind]
    .map(([kind, some]) => `${some.length} × ${kind} (${FINDINGS[kind]}), first: ${some[0]!.detail}`)
    .join('\n');
}
