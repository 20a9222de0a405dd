/** Entry point of a process that runs one task. A killed process ends the task at once, a thread would finish it. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { removeCopy } from './files.js';
import { openToRead } from './open-to-read.js';
import type { Task, TaskMessage, TaskResults } from './task-protocol.js';
import { verifyDatabase } from './verify.js';

process.once('message', (task: Task) => {
  /** The starting process has been killed: nobody would remove or rename the copy. */
  const abandon = () => {
    if (task.name === 'copy') removeCopy(task.target);
    process.exit(1);
  };
  process.once('disconnect', abandon);
  let message: TaskMessage;
  try {
    message = { result: perform(task) };
  } catch (error) {
    message = { error: (error as Error).message };
  }
  process.off('disconnect', abandon);
  process.send!(message, (error: Error | null) => (error ? abandon() : process.disconnect()));
});

function perform(task: Task): TaskResults[Task['name']] {
  if (task.name === 'verify') return verifyDatabase(task.path, (...progress) => process.send!({ progress }));
  copyDatabase(task.source, task.target);
  return null;
}

/** Copies a snapshot in one read transaction. SQLite does not fsync the result of VACUUM INTO. */
function copyDatabase(source: string, target: string): void {
  const database = openToRead(source);
  try {
    database.prepare('VACUUM INTO ?').run(target);
  } finally {
    database.close();
  }
  const file = openSync(target, 'r+');
  fsyncSync(file);
  closeSync(file);
}
