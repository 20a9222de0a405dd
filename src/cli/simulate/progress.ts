import type { SingleBar } from 'cli-progress';
import { createBar } from '../progress.js';

/** Creates a progress bar that counts events. */
export function progressBar(): SingleBar {
  return createBar('{bar} {percentage}% | {value} of {total} events | {retries} retries | {duration} s');
}
