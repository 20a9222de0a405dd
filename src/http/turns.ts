/**
 * Turns of the event loop for what takes a millisecond or more: one task a turn, so that several at a time do not
 * add up to a delay of everybody else.
 */
const tasks: (() => void)[] = [];
let nextIsDue = false;

/** Runs the task in a turn of its own, after those that wait. */
export function inItsTurn(task: () => void): void {
  tasks.push(task);
  runSoon();
}

/** Resolves in a later turn, before those that wait: what was begun is done before the next takes memory. */
export function anotherTurn(): Promise<void> {
  return new Promise((resolve) => {
    tasks.unshift(resolve);
    runSoon();
  });
}

function runSoon(): void {
  if (nextIsDue) return;
  nextIsDue = true;
  setImmediate(() => {
    nextIsDue = false;
    const task = tasks.shift()!;
    if (tasks.length > 0) runSoon();
    task();
  });
}
