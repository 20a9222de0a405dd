/** Reports the event loop delay of a server on each IPC message. Preloaded with `node --import`. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const RESOLUTION_MS = 1;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on('message', () => {
    const ms = (nanoseconds: number) => Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0);
    process.send?.({ p99Ms: ms(delay.percentile(99)), maxMs: ms(delay.max) });
    delay.reset();
  });
  // The IPC channel must not keep the server alive.
  process.channel?.unref();
}
