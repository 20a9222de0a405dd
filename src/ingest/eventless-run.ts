/** Maximum number of invalid lines in a row. Their errors cost about 0.1 s of CPU time. */
const MAX_LINES = 10_000;
/** Maximum size of lines in a row that are invalid or blank. A gzip body of 16 KiB decompresses to as much. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The part of an NDJSON upload since its last event. Detects an upload that costs CPU time and stores nothing. */
export class EventlessRun {
  private lines = 0;
  private bytes = 0;

  /** Counts an event, which ends the run. */
  end(): void {
    this.lines = 0;
    this.bytes = 0;
  }

  addInvalidLine(): void {
    this.lines++;
  }

  addBytes(bytes: number): void {
    this.bytes += bytes;
  }

  /** The reason to read no further; undefined if the run is short enough. */
  get problem(): string | undefined {
    if (this.lines >= MAX_LINES) return `The last ${MAX_LINES} lines are invalid. Correct them.`;
    if (this.bytes > MAX_BYTES)
      return `The last ${MAX_BYTES} bytes contain no event. Remove blank and invalid lines.`;
    return undefined;
  }
}
