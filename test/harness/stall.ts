import type { Client } from './client.js';

/**
 * Requests `/health/live` one after the other while `work` runs. Returns the longest response time in milliseconds,
 * which is about the longest time for which the event loop of the service was blocked.
 */
export async function longestStall(service: Client, work: () => Promise<unknown>): Promise<number> {
  let done = false;
  const working = work().finally(() => (done = true));
  let longest = 0;
  while (!done) {
    const started = performance.now();
    await service.status('/health/live');
    longest = Math.max(longest, performance.now() - started);
  }
  await working;
  return longest;
}
