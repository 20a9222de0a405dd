import { countOutcomes, type Verdict } from '../event/verdict.js';
import type { FieldProblem } from '../http/problem.dto.js';
import { invalid, MAX_REPORTED_ERRORS, Problem, shortened } from '../http/problem.js';
import type { BrokenStreamError } from './lines.js';
import type { LineProblem, PublishedLines } from './ndjson.dto.js';

type NumberedProblem = FieldProblem & { readonly line: number };

/** Counts the lines of an NDJSON upload by outcome, and collects the problems of the first invalid lines. */
export class UploadReport {
  private readonly totals = { received: 0, stored: 0, duplicates: 0, conflicts: 0, rejected: 0 };
  private readonly problems: NumberedProblem[] = [];

  /** Whether further problems are counted but not reported. */
  get isFull(): boolean {
    return this.problems.length >= MAX_REPORTED_ERRORS;
  }

  add(verdicts: readonly Verdict[]): void {
    this.totals.received += verdicts.length;
    countOutcomes(verdicts, this.totals);
  }

  reject(line: number, problems: readonly FieldProblem[]): void {
    this.totals.rejected++;
    for (const problem of problems) if (!this.isFull) this.problems.push(shortened({ line, ...problem }));
  }

  /**
   * Returns the response. Throws a 422 if every line is invalid, because log shippers that read only the status would
   * discard the events after a 200. Accepts a body without lines, because an empty file contains no events. Throws a
   * 400 if the stream broke before a line was complete.
   */
  response(broken: BrokenStreamError | undefined): PublishedLines {
    const { received, rejected } = this.totals;
    if (received === 0 && rejected > 0) throw this.withoutEvents(broken);
    if (received === 0 && broken) throw new Problem(400, breakReason(broken));
    return {
      ...this.totals,
      complete: broken === undefined,
      errors: [...this.byLine(), ...(broken ? [brokenLine(broken)] : [])],
    };
  }

  private withoutEvents(broken: BrokenStreamError | undefined): Problem {
    const { rejected } = this.totals;
    const subject = rejected === 1 ? 'The only line' : `Each of the ${rejected} lines`;
    const listed = this.isFull ? ` The first ${MAX_REPORTED_ERRORS} errors are listed.` : '';
    const unread = broken ? ` Line ${broken.line} and all lines after it were not read.` : '';
    return invalid(`${subject} is invalid; nothing was stored.${unread}${listed}`, this.problems);
  }

  /** Joins the problems of each line into one text. */
  private byLine(): LineProblem[] {
    const lines = new Map<number, string[]>();
    for (const { line, pointer, detail } of this.problems) {
      lines.set(line, [...(lines.get(line) ?? []), `${pointer} ${detail}`.trim()]);
    }
    return [...lines].map(([line, texts]) => ({ line, detail: texts.join('; ') }));
  }
}

function brokenLine(broken: BrokenStreamError): LineProblem {
  return {
    line: broken.line,
    detail: `this line and all lines after it could not be read. ${breakReason(broken)}`,
  };
}

function breakReason({ cause }: BrokenStreamError): string {
  return cause.statusCode === 400
    ? cause.message
    : 'The body is incomplete, because the connection closed early. Send the request again.';
}
