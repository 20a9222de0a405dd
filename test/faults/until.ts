import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is yes; rejects when it is still no after the limit. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms in vain until ${what}.`);
    await sleep(5);
  }
}
