import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;
/** A bound on hanging, not on speed: a busy machine may take this long. Below Jest's own limit, so that the error names the wait. */
const LIMIT_MS = 120_000;

/** Polls the condition. Rejects, naming what it waited for, when the condition is still false after the limit. */
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
