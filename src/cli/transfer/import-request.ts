import { Buffer } from 'node:buffer';
import type { LineProblem, PublishedLines } from '../../ingest/ndjson.dto.js';
import type { ImportTotals } from './import-totals.js';
import { FailedAttempt, type ServiceClient } from './service-client.js';

/** Size of a request. Bounds what is sent again after a failure. The service commits 2000 lines at a time. */
const MAX_LINES = 8_000;
const MAX_BYTES = 4 * 1024 * 1024;
const NEWLINE = Buffer.from('\n');
const INVALID = 422;

/** A problem of a line, counted from the beginning of the request. */
interface Rejected extends LineProblem {
  readonly pointer?: string;
}

/** The response to a request without a valid line. */
interface NoValidLine {
  readonly errors?: readonly Rejected[];
}

/** Consecutive lines that are sent in one request. */
export class ImportRequest {
  /** The numbers of the lines in the file. */
  private readonly numbers: number[] = [];
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  get isFull(): boolean {
    return this.numbers.length >= MAX_LINES || this.bytes >= MAX_BYTES;
  }

  add(number: number, line: Buffer): void {
    this.numbers.push(number);
    this.parts.push(line, NEWLINE);
    this.bytes += line.length + 1;
  }

  /** Sends the lines until the service has a verdict on each, and adds the verdicts to the totals. */
  async send(client: ServiceClient, totals: ImportTotals): Promise<void> {
    const last = this.numbers.at(-1);
    if (last === undefined) return;
    const body = Buffer.concat(this.parts);
    const attempt = () =>
      client.exchange(
        'publish',
        { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } },
        async (response) => {
          if (response.status === INVALID) return (await response.json()) as NoValidLine;
          const lines = (await response.json()) as PublishedLines;
          // What arrived is stored. Sent again, it is a duplicate.
          if (!lines.complete) throw new FailedAttempt('the request did not arrive completely');
          return lines;
        },
        [INVALID],
      );
    const result = await client.retry(attempt, () => totals.line);
    if ('stored' in result) totals.add(result);
    const rejected = 'rejected' in result ? result.rejected : this.numbers.length;
    this.reject(result.errors ?? [], rejected, totals);
    totals.line = last;
  }

  private reject(problems: readonly Rejected[], rejected: number, totals: ImportTotals): void {
    const explained = new Set<number>();
    for (const { line, pointer = '', detail } of problems) {
      const number = this.numbers[line - 1];
      if (number === undefined || explained.has(line)) continue;
      totals.reject(number, `${pointer} ${detail}`.trim());
      explained.add(line);
    }
    totals.rejectMore(rejected - explained.size);
  }
}
