import cliProgress, { type SingleBar } from 'cli-progress';

/** A bar on stderr, in events; nothing at all where that is not a terminal. Whoever starts it has to stop it. */
export function progressBar(): SingleBar {
  return new cliProgress.SingleBar({
    format: '{bar} {percentage}% | {value} of {total} events | {retries} retries | {duration} s',
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    // A signal ends the run, and with it the bar; it must not be the bar that handles it.
    gracefulExit: false,
  });
}
