import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.js';
import { bodyOf } from './events.js';
import { freshRun, type Load } from './load.js';

const TICK_MS = 1;

export interface Latency {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/**
 * Sends requests at a constant rate, like independent publishers. Latency starts when a request is due, even if every
 * connection is busy, which avoids coordinated omission. It includes up to 1 ms of delay in this generator. The
 * `overallRate` of autocannon is unsuitable, because each connection sends the requests of a second as fast as
 * possible and then pauses.
 */
export async function paced(load: Load, requestsPerSecond: number): Promise<Latency> {
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => Connection.open(load.url)),
  );
  const idle = [...connections];
  const waits = createHistogram();
  const waiting: number[] = [];
  const run = freshRun();
  let sent = 0;
  const send = (due: number) => {
    const connection = idle.pop();
    if (!connection) {
      waiting.push(due);
      return;
    }
    connection.publish(bodyOf(load.batch, load.mix, run, sent++), () => {
      waits.record(Math.max(1, Math.round((performance.now() - due) * 1000)));
      idle.push(connection);
      const next = waiting.shift();
      if (next !== undefined) send(next);
    });
  };

  const started = performance.now();
  const all = Math.round(requestsPerSecond * load.seconds);
  for (let made = 0; made < all; await sleep(TICK_MS)) {
    // The first request is due immediately.
    const due = Math.min(all, 1 + Math.floor(((performance.now() - started) / 1000) * requestsPerSecond));
    for (; made < due; made++) send(started + (made / requestsPerSecond) * 1000);
  }
  while (idle.length < connections.length) await sleep(TICK_MS);
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  const ms = (percentile: number) => waits.percentile(percentile) / 1000;
  return { requestsPerSecond: all / seconds, p50Ms: ms(50), p99Ms: ms(99), p999Ms: ms(99.9) };
}
