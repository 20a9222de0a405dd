import type { Readable } from 'node:stream';
import { unavailable } from '../http/problem.js';

/** Time without a complete line after which an upload may be ended to make room for another one. */
const MAX_SILENCE_MS = 30_000;

/** Limits the number of concurrent NDJSON uploads, because each upload buffers a part of its body. */
export class UploadSlots {
  /** The time of the last complete line of each upload. */
  private readonly uploads = new Map<Readable, number>();

  constructor(
    private readonly count: number,
    private readonly maxSilenceMs = MAX_SILENCE_MS,
  ) {}

  get size(): number {
    return this.uploads.size;
  }

  /** Takes a slot. If all are taken, ends an upload that has been silent. Throws a 503 if there is none. */
  take(stream: Readable): void {
    if (this.uploads.size >= this.count && !this.endSilent()) {
      throw unavailable(
        'receiving-full',
        'Too many uploads at once',
        'The uploads in progress fill the memory reserved for them. Nothing was accepted; try again.',
      );
    }
    this.touch(stream);
  }

  /** Records that a line of the upload is complete. */
  touch(stream: Readable): void {
    // The upload moves to the end of the map, so the first upload in the map has been silent longest.
    this.uploads.delete(stream);
    this.uploads.set(stream, performance.now());
  }

  release(stream: Readable): void {
    this.uploads.delete(stream);
  }

  private endSilent(): boolean {
    const [oldest] = this.uploads;
    if (!oldest || performance.now() - oldest[1] < this.maxSilenceMs) return false;
    this.release(oldest[0]);
    oldest[0].destroy();
    return true;
  }
}
