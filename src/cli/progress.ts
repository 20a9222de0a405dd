import cliProgress, { type Options, type SingleBar } from 'cli-progress';

/** Without a terminal: when the first line about a stage is printed, and the interval of the others. */
const FIRST_LINE_MS = 1_000;
const LINE_INTERVAL_MS = 10_000;

const BAR: Options = {
  barsize: 30,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  stream: process.stderr,
  // A signal ends the command, which stops the bar. The bar must not install a handler of its own.
  gracefulExit: false,
};

/** Creates a progress bar on stderr. Invisible without a terminal. The caller must stop it. */
export function createBar(format: string): SingleBar {
  return new cliProgress.SingleBar({ ...BAR, format });
}

/**
 * Shows the progress of a command on stderr, one stage after the other: as a bar on a terminal, otherwise as a line every
 * 10 s for what takes longer than a second.
 */
export class Progress {
  private title = '';
  private done = 0;
  private total: number | undefined;
  private startedMs = 0;
  private bar: SingleBar | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** Sets the progress of a stage. Without `total`, its end is unknown. A new title begins a new stage. */
  readonly report = (title: string, done = 0, total?: number): void => {
    this.done = done;
    this.total = total;
    if (title !== this.title) this.begin(title);
    if (!this.bar) return;
    if (total !== undefined) this.bar.setTotal(total);
    this.bar.update(done);
  };

  /** Ends the current stage. */
  stop(): void {
    clearTimeout(this.timer);
    this.bar?.stop();
    this.bar = undefined;
    this.title = '';
  }

  private begin(title: string): void {
    this.stop();
    this.title = title;
    this.startedMs = performance.now();
    if (process.stderr.isTTY) {
      this.bar = createBar(
        this.total === undefined
          ? `${title} {value} | {duration} s`
          : `${title} {bar} {percentage} % | {duration} s`,
      );
      this.bar.start(this.total ?? 0, this.done);
    } else {
      this.timer = setTimeout(() => this.print(), FIRST_LINE_MS);
    }
  }

  private print(): void {
    const seconds = Math.round((performance.now() - this.startedMs) / 1000);
    const amount = this.total ? `${Math.floor((100 * this.done) / this.total)} %` : this.done || '';
    console.error([`${this.title}:`, amount, `${seconds} s`].filter((part) => part !== '').join(' '));
    this.timer = setTimeout(() => this.print(), LINE_INTERVAL_MS);
  }
}
