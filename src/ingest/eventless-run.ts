/** Maximum number of consecutive invalid lines. Their errors cost about 0.1 s of CPU time. */
const MAX_LINES = 10_000;
/** Maximum size of consecutive invalid or blank lines. A gzip body of 16 KiB can decompress to this size. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The part of an NDJSON upload since its last valid event. Used to detect an upload that costs CPU time and stores
 * nothing.
 */
export class EventlessRun {
  private lines = 0;
  private bytes = 0;

  /** Resets the run after a valid event. */
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

  /** The reason for ending the upload, or undefined while the run is below the limits. */
  get problem(): string | undefined {
    if (this.lines >= MAX_LINES) return `The last ${MAX_LINES} lines are invalid. Correct them.`;
    if (this.bytes > MAX_BYTES)
      return `The last ${MAX_BYTES} bytes contain no event. Remove blank and invalid lines.`;
    return undefined;
  }
}
