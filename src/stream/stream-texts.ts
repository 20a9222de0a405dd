/** Size in bytes above which the cache is cleared. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A part of a stream, as server-sent events. */
export interface StreamText {
  /** UTF-8. */
  readonly text: Buffer;
  /** Cursor of a subscriber that has received this part. */
  readonly seq: number;
}

/** Caches parts of streams, because most subscribers have the same cursor and the same selection. */
export class StreamTexts {
  private readonly texts = new Map<string, StreamText>();
  private bytes = 0;

  /** Returns the cached part, or calls `write` and caches its result. */
  get(key: string, write: () => StreamText): StreamText {
    let part = this.texts.get(key);
    if (!part) {
      part = write();
      if (this.bytes > MAX_BYTES) this.clear();
      this.bytes += part.text.length + key.length;
      this.texts.set(key, part);
    }
    return part;
  }

  clear(): void {
    this.texts.clear();
    this.bytes = 0;
  }
}
