/**
 * Lets the metrics of a scrape share one read. They are all read at the same time, so they join the read in flight.
 */
export function joinedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let inFlight: Promise<T> | undefined;
  return () => {
    inFlight ??= read().finally(() => (inFlight = undefined));
    return inFlight;
  };
}
