import type { Service } from '../harness/service.js';

/** A line of the log. */
export interface Line {
  readonly level: string;
  readonly time: string;
  readonly context?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Returns the lines that the service has logged so far with this message, or all lines. */
export function linesOf({ log }: Service, msg?: string): Line[] {
  const lines = log.map((line) => JSON.parse(line) as Line);
  return msg === undefined ? lines : lines.filter((line) => line.msg === msg);
}

/** Returns the sum of a field over lines. */
export function sumOf(lines: readonly Line[], field: string): number {
  return lines.reduce((sum, line) => sum + (line[field] as number), 0);
}
