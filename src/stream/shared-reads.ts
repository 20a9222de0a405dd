interface SharedRead<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  users: number;
}

/**
 * Shares reads of the store that several subscribers need at the same time: those at the same position of a feed. After
 * a commit of another replica, all subscribers that keep up need the same events.
 */
export class SharedReads<T> {
  private readonly inFlight = new Map<string, SharedRead<T>>();

  /**
   * Joins the read with this key that is in flight, or begins one. A read is aborted when the signals of all subscribers
   * that wait for it have aborted.
   */
  async join(key: string, signal: AbortSignal, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const shared = this.inFlight.get(key) ?? this.begin(key, read);
    shared.users++;
    const leave = () => {
      if (--shared.users > 0) return;
      this.end(key, shared);
      shared.abort.abort();
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await shared.result;
    } finally {
      signal.removeEventListener('abort', leave);
      this.end(key, shared);
    }
  }

  private begin(key: string, read: (signal: AbortSignal) => Promise<T>): SharedRead<T> {
    const abort = new AbortController();
    const shared = { result: read(abort.signal), abort, users: 0 };
    this.inFlight.set(key, shared);
    return shared;
  }

  /** Lets the next call begin another read, because this one may lack newer events. */
  private end(key: string, shared: SharedRead<T>): void {
    if (this.inFlight.get(key) === shared) this.inFlight.delete(key);
  }
}
