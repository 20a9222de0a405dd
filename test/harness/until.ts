import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;
/** Detects a hang, also on a busy machine. Below Jest's timeout, so that the error names the condition. */
const LIMIT_MS = 120_000;

/** Polls the condition. Rejects with `what` if the condition is still false after the limit. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = LIMIT_MS,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms until ${what}.`);
    await sleep(POLL_MS);
  }
}
