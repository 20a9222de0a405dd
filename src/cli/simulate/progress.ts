import cliProgress, { type SingleBar } from 'cli-progress';

/** Creates a progress bar on stderr that counts events. Invisible without a terminal. The caller must stop it. */
export function progressBar(): SingleBar {
  return new cliProgress.SingleBar({
    format: '{bar} {percentage}% | {value} of {total} events | {retries} retries | {duration} s',
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    // A signal ends the run, which stops the bar. The bar must not install a handler of its own.
    gracefulExit: false,
  });
}
