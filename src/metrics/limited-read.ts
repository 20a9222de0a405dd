/** Maximum time of a read. Prometheus waits 10 s for a scrape by default. */
const MAX_READ_MS = 2_000;

/** A source did not respond in time. */
class ReadTimeoutError extends Error {
  override readonly name = 'ReadTimeoutError';
}

/**
 * Limits the time of a read, so that a source that does not respond cannot delay a scrape. A read that is late is not
 * started again before it has ended. Otherwise every scrape would add a read to the queue of the store.
 */
export function limitedRead<T>(read: () => T | Promise<T>, maxMs = MAX_READ_MS): () => T | Promise<T> {
  let late: Promise<T> | undefined;
  return () => {
    const result = late ?? read();
    if (!(result instanceof Promise)) return result;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        late = result;
        reject(new ReadTimeoutError(`No response within ${maxMs} ms.`));
      }, maxMs);
      void result.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        if (late === result) late = undefined;
      });
    });
  };
}
