/** Time for which a client may read nothing before it can be disconnected. */
const GRACE_MS = 10_000;
/** Minimum rate after that time. For 1 MiB, a client has 26 s in total. */
const MIN_BYTES_PER_SECOND = 64 * 1024;
const CHECK_INTERVAL_MS = 1_000;
/** Used fraction above which the budget is crowded, because it may have no room for a large response. */
const CROWDED_FRACTION = 3 / 4;

interface Waiter {
  readonly bytes: number;
  readonly onReserved: () => void;
}

/** A client that has not read its reserved bytes yet. */
interface Reader {
  /** Time from which the client is late, as returned by `performance.now()`. */
  readonly lateAfter: number;
  readonly disconnect: () => void;
}

/**
 * Limits the total size of the responses that clients have not read yet, over all connections. The memory for one slow
 * client is bounded by its socket. Without a total limit, a hundred clients that do not read could exhaust the memory.
 */
export class SendBudget {
  private usedBytes = 0;
  /** Waiting calls, oldest first. */
  private readonly waiters = new Set<Waiter>();
  private readonly readers = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly totalBytes: number) {}

  /** Returns the bytes that clients have not read. */
  get used(): number {
    return this.usedBytes;
  }

  /** Returns whether there is room for these bytes and no earlier caller waits for it. */
  hasRoomFor(bytes: number): boolean {
    return this.waiters.size === 0 && this.hasRoom(bytes);
  }

  /** Returns whether there is room for these bytes. An empty budget has room for any size. */
  hasRoom(bytes: number): boolean {
    return this.usedBytes === 0 || this.usedBytes + bytes <= this.totalBytes;
  }

  /** Reserves bytes if there is room, and returns whether there was. */
  reserve(bytes: number): boolean {
    if (!this.hasRoom(bytes)) return false;
    this.usedBytes += bytes;
    return true;
  }

  /**
   * Reserves bytes as soon as there is room, and then calls `onReserved`, possibly before this method returns. Earlier
   * callers are served first. Returns a function that cancels a call that is still waiting.
   */
  reserveWhenFree(bytes: number, onReserved: () => void): () => void {
    const waiter = { bytes, onReserved };
    this.waiters.add(waiter);
    this.serveWaiters();
    return () => {
      if (this.waiters.delete(waiter)) this.serveWaiters();
    };
  }

  /** Resolves when the bytes are reserved. If the signal aborts first, rejects and reserves nothing. */
  reserved(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        cancel();
        reject(signal.reason as Error);
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', abort);
      const cancel = this.reserveWhenFree(bytes, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  /**
   * Changes the size of a reservation, even if there is no room, because a response with a reservation must not be
   * rejected.
   */
  resize(reservedBytes: number, bytes: number): void {
    this.usedBytes += bytes;
    this.release(reservedBytes);
  }

  /** Releases reserved bytes that the client has read, or that it will not read because it has disconnected. */
  release(bytes: number): void {
    this.usedBytes -= bytes;
    this.serveWaiters();
  }

  /**
   * Limits the time in which a client reads its reserved bytes. If the client is late and the budget is crowded, calls
   * `disconnect`, which must cause the release of the bytes. Returns a function that removes the limit.
   */
  limitTime(bytes: number, disconnect: () => void): () => void {
    const readMs = GRACE_MS + (bytes / MIN_BYTES_PER_SECOND) * 1_000;
    const reader = { lateAfter: performance.now() + readMs, disconnect };
    this.readers.add(reader);
    this.timer ??= setInterval(() => this.disconnectLate(), CHECK_INTERVAL_MS).unref();
    return () => this.readers.delete(reader);
  }

  private disconnectLate(): void {
    if (this.readers.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const isCrowded = this.waiters.size > 0 || this.usedBytes > this.totalBytes * CROWDED_FRACTION;
    if (!isCrowded) return;
    const now = performance.now();
    for (const { lateAfter, disconnect } of this.readers) if (now > lateAfter) disconnect();
  }

  private serveWaiters(): void {
    for (const waiter of this.waiters) {
      if (!this.reserve(waiter.bytes)) return;
      this.waiters.delete(waiter);
      waiter.onReserved();
    }
  }
}
