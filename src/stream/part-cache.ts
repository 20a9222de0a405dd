import type { StreamPart } from './stream-part.js';

/** Size above which the cache is cleared before the next part is added. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Caches parts of streams, because most subscribers have the same cursor and the same selection. */
export class PartCache {
  private readonly parts = new Map<string, StreamPart>();
  private bytes = 0;

  /** Returns the cached part. If there is none, calls `read` and caches its result. */
  get(key: string, read: () => StreamPart): StreamPart {
    let part = this.parts.get(key);
    if (!part) {
      part = read();
      if (this.bytes > MAX_BYTES) this.clear();
      this.bytes += part.text.length + key.length;
      this.parts.set(key, part);
    }
    return part;
  }

  clear(): void {
    this.parts.clear();
    this.bytes = 0;
  }
}
