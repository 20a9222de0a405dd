import { unavailable } from './problem.js';

/** Maximum number of concurrent decoders. Each decoder may need 16 MiB for its window. */
const SLOTS = 8;
/** Maximum time that a request waits for a slot. */
const MAX_WAIT_MS = 10_000;

/**
 * Limits the number of concurrent decoders for encodings with large windows. A few bytes of brotli can decode to
 * megabytes. Without a limit, hundreds of small requests could allocate gigabytes of memory.
 */
export class DecompressionSlots {
  private free = SLOTS;
  /** Waiting requests, oldest first. */
  private readonly waiting = new Set<() => void>();

  /** Calls `done` when the request has a slot, or with a 503 if no slot becomes free within 10 s. */
  take(done: (error: Error | null) => void): void {
    if (this.free > 0) {
      this.free--;
      return done(null);
    }
    const timer = setTimeout(() => {
      this.waiting.delete(begin);
      done(tooMany());
    }, MAX_WAIT_MS);
    const begin = () => {
      clearTimeout(timer);
      this.waiting.delete(begin);
      done(null);
    };
    this.waiting.add(begin);
  }

  /** Passes the slot to the request that has waited longest, if there is one. */
  release(): void {
    const [next] = this.waiting;
    if (next) next();
    else this.free++;
  }
}

function tooMany(): Error {
  return unavailable(
    'receiving-full',
    'Too many compressed bodies at once',
    'The service decompresses as many brotli or zstd bodies as it can. Try again, or compress with gzip.',
  );
}
