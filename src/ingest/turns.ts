/**
 * Turns of the event loop for what takes a millisecond or more, so that several at a time do not add up to a delay
 * of everybody else.
 */
const begun: (() => void)[] = [];
const waiting: (() => void)[] = [];
let nextIsDue = false;

/** Runs the task in a turn of its own, after those that wait already. */
export function inItsTurn(task: () => void): void {
  waiting.push(task);
  runSoon();
}

/** Resolves in a later turn, before those that wait: what was begun is done before the next takes memory. */
export function anotherTurn(): Promise<void> {
  return new Promise((resolve) => {
    begun.push(resolve);
    runSoon();
  });
}

function runSoon(): void {
  if (nextIsDue) return;
  nextIsDue = true;
  setImmediate(() => {
    nextIsDue = false;
    const task = (begun.shift() ?? waiting.shift())!;
    // Before the task: one that throws does not stop the others.
    if (begun.length + waiting.length > 0) runSoon();
    task();
  });
}
